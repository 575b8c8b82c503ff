SUMMARY = "Whole-file encrypted SQLite, with SQLCipher in it"
DESCRIPTION = "SQLite with whole-file encryption: the published wheel, with SQLCipher and OpenSSL in it."
HOMEPAGE = "https://github.com/coleifer/sqlcipher3"
LICENSE = "Zlib"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Zlib;md5=87f239f408daca8a157858e192597633"

WHEEL_NAME = "sqlcipher3"
WHEEL_SHA256:aarch64 = "a3ab5307804cf1e0f66e019a9ea947627ac034dd4ba657d4b9b972c47932215e"
WHEEL_SHA256:x86-64 = "27b4d537011dc57f25dd6e5b8a9dd8e9ca7470d7286618be83113cc46aabcf6d"

require recipes-python/wheel.inc

RDEPENDS:${PN} += "python3-core"
