SUMMARY = "On-device personalization: the history stays in the box"
DESCRIPTION = "Learns what a household likes while its history stays in the box; everything is off until granted."
HOMEPAGE = "https://example.invalid/edgeagent"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"

# Pure Python: one wheel for all machines; "pip wheel --no-deps ." makes it.
WHEEL = "edgeagent-${PV}-py3-none-any.whl"
DEPENDS = "unzip-native"
SRC_URI = "file://${WHEEL};unpack=0"
UNPACKDIR ?= "${WORKDIR}"

inherit python3-dir systemd useradd

SYSTEMD_SERVICE:${PN} = "edgeagent.service edgeagent-dashboard.socket"
USERADD_PACKAGES = "${PN}"
USERADD_PARAM:${PN} = "--system --home-dir ${localstatedir}/lib/edgeagent --shell /sbin/nologin --user-group edgeagent"

do_install() {
    install -d ${D}${PYTHON_SITEPACKAGES_DIR}
    unzip -q ${UNPACKDIR}/${WHEEL} -d ${D}${PYTHON_SITEPACKAGES_DIR}
    data=${D}${PYTHON_SITEPACKAGES_DIR}/edgeagent/install
    for unit in edgeagent.service edgeagent-dashboard.service edgeagent-dashboard.socket; do
        install -D -m 0644 $data/systemd/$unit ${D}${systemd_system_unitdir}/$unit
    done
    install -D -m 0644 $data/systemd/edgeagent.tmpfiles.conf ${D}${nonarch_libdir}/tmpfiles.d/edgeagent.conf
    install -D -m 0644 $data/config.toml ${D}${sysconfdir}/edgeagent/config.toml
    install -D -m 0755 $data/launcher ${D}${bindir}/edgeagent
}

FILES:${PN} += "\
    ${PYTHON_SITEPACKAGES_DIR} \
    ${nonarch_libdir}/tmpfiles.d \
    ${systemd_system_unitdir} \
"
CONFFILES:${PN} = "${sysconfdir}/edgeagent/config.toml"

RDEPENDS:${PN} += "\
    python3-click \
    python3-cryptography \
    python3-h11 \
    python3-jinja2 \
    python3-modules \
    python3-msgspec \
    python3-numpy \
    python3-onnxruntime \
    python3-platformdirs \
    python3-segno \
    python3-sqlcipher3 \
    python3-sqlite-utils \
    python3-starlette \
    python3-tuf \
    python3-uvicorn \
    python3-websockets \
"
