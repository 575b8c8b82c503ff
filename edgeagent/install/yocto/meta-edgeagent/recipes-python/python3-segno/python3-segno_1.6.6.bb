SUMMARY = "QR codes of the privacy dashboard"
DESCRIPTION = "Makes QR codes; the dashboard puts text into them that is better read on a phone."
HOMEPAGE = "https://github.com/heuer/segno"
LICENSE = "BSD-3-Clause"
LIC_FILES_CHKSUM = "file://LICENSE;md5=5d59d1644383230a2e3a4dd6bdd05676"

SRC_URI[sha256sum] = "e60933afc4b52137d323a4434c8340e0ce1e58cec71439e46680d4db188f11b3"

inherit pypi python_flit_core

RDEPENDS:${PN} += "python3-compression python3-netclient python3-numbers python3-xml"
