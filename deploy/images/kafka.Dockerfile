ARG BASE
FROM ${BASE}
COPY java /opt/java
COPY libs /opt/kafka/libs
COPY log4j2.properties /opt/kafka/config/
COPY kafka-start.sh /etc/kafka/docker/run
RUN useradd --uid 1000 appuser && mkdir -p /var/lib/kafka/data && chown -R appuser /opt/kafka/config /var/lib/kafka && chmod 755 /etc/kafka/docker/run
USER appuser
VOLUME /var/lib/kafka/data
EXPOSE 9092
CMD ["/etc/kafka/docker/run"]
