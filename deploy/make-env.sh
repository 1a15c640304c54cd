#!/usr/bin/env bash
# Writes what docker-compose.yml needs and nobody commits: .env, and secrets/ with the database's password. Refuses to replace either: the
# password is the database's, and the cluster's id is written in its brokers' volumes.
set -euo pipefail
cd "$(dirname "$0")/.."
for made in .env secrets; do
  if [ -e "$made" ]; then
    echo "$made is there already; remove it by hand if its database may be lost" >&2
    exit 1
  fi
done
random() { head -c "$1" /dev/urandom | base64 | tr '+/' '-_' | tr -d '='; }
password=$(random 24)
# The folder is closed. The files are not, for containers read them as users of their own, each the files that it is given.
mkdir -m 700 secrets
printf %s "$password" > secrets/postgres_password
printf %s "postgresql://ric:$password@postgres:5432/ric" > secrets/ric_database_url
chmod 444 secrets/*
umask 077
echo "KAFKA_CLUSTER_ID=$(random 16 | sed 's/^-/A/')" > .env
echo "wrote .env and secrets/"
