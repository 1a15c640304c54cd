#!/bin/bash
# Stands in for the start script of the official image apache/kafka: KAFKA_ variables become properties (_ is ., __ is _, ___ is -), the
# storage is formatted with CLUSTER_ID the first time.
set -euo pipefail
properties=/opt/kafka/config/server.properties
env | sed -n 's/^KAFKA_\([A-Z_]*\)=\(.*\)$/\1 \2/p' | while read -r name value; do
  case $name in HEAP_OPTS | OPTS | JVM_PERFORMANCE_OPTS | LOG4J_*) continue ;; esac
  key=$(echo "$name" | sed 's/___/-/g; s/__/\x01/g; s/_/./g; s/\x01/_/g' | tr '[:upper:]' '[:lower:]')
  echo "$key=$value"
done > "$properties"
java=(/opt/java/bin/java ${KAFKA_HEAP_OPTS:--Xmx512m} -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED
  --sun-misc-unsafe-memory-access=allow -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.properties -cp '/opt/kafka/libs/*')
"${java[@]}" kafka.tools.StorageTool format --ignore-formatted -t "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}" -c "$properties"
exec "${java[@]}" kafka.Kafka "$properties"
