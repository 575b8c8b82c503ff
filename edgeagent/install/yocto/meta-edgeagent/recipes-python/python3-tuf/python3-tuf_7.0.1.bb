SUMMARY = "Verified updates: rollback, freeze and key rotation"
DESCRIPTION = "The Update Framework: rollback, freeze and key rotation solved."
HOMEPAGE = "https://theupdateframework.io"
LICENSE = "MIT | Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=8cc789b082b3d97e1ccc5261f8594d3f"

PYPI_PACKAGE = "tuf"
SRC_URI[sha256sum] = "5ada1db78da3518fa851e28588f4b2249b8662a28ae528f54afa2a1de541fb31"

inherit pypi python_hatchling

# It asks for one exact version of the build backend, which the release need not have.
PEP517_BUILD_OPTS = "--skip-dependency-check"

RDEPENDS:${PN} += "python3-securesystemslib python3-urllib3"
