SUMMARY = "Signatures of TUF metadata"
DESCRIPTION = "Keys and signatures of TUF metadata."
HOMEPAGE = "https://github.com/secure-systems-lab/securesystemslib"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=e9703d169911cdb29305f88411c78717"

PYPI_PACKAGE = "securesystemslib"
SRC_URI[sha256sum] = "b16e07c32bb41174c2ee2fb18f478ebe0d52e0e7c1fb085ce89c990452a35977"

inherit pypi python_hatchling

# It asks for one exact version of the build backend, which the release need not have.
PEP517_BUILD_OPTS = "--skip-dependency-check"

RDEPENDS:${PN} += "python3-cryptography"
