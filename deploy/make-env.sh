#!/usr/bin/env bash
# Writes .env for docker-compose.yml with fresh secrets; refuses to replace one, for its password is the database's.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -e .env ]; then
  echo ".env is there already; remove it by hand if its database may be lost" >&2
  exit 1
fi
umask 077
{
  echo "POSTGRES_PASSWORD=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=')"
  echo "KAFKA_CLUSTER_ID=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=' | sed 's/^-/A/')"
} > .env
echo "wrote .env"
