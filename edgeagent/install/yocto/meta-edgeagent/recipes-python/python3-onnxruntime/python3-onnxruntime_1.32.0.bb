SUMMARY = "Runs the segment model, in the scoring child"
DESCRIPTION = "Runs ONNX graphs on the CPU; the published wheel, since it takes hours to build."
HOMEPAGE = "https://onnxruntime.ai"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/MIT;md5=0835ade698e0bcf8506ecda2f7b4f302"

WHEEL_NAME = "onnxruntime"
WHEEL_SHA256:aarch64 = "e36c187006e7a7c8b8d6d57f1a209dd63f52430dca6c282b177718ad6b841054"
WHEEL_SHA256:x86-64 = "99e1074c4b2197accd5073052a465361be17b89c093b8ffb6e6bd8f986c52df8"

require recipes-python/wheel.inc

RDEPENDS:${PN} += "python3-flatbuffers python3-numpy python3-packaging python3-protobuf"
