#!/bin/sh
# First start of the records' database: one login for each side, with passwords of their own. What either creates
# belongs to a role both are members of, so that they share the tables and not a secret.
set -eu
secrets=${RECORDS_SECRETS:-/run/secrets}
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set database="$POSTGRES_DB" \
  --set worker="$(cat "$secrets/records_worker_password")" --set desk="$(cat "$secrets/records_desk_password")" <<'SQL'
CREATE ROLE gateway_records NOLOGIN;
CREATE ROLE gateway_worker LOGIN PASSWORD :'worker' IN ROLE gateway_records;
CREATE ROLE gateway_desk LOGIN PASSWORD :'desk' IN ROLE gateway_records;
ALTER ROLE gateway_worker IN DATABASE :"database" SET role = 'gateway_records';
ALTER ROLE gateway_desk IN DATABASE :"database" SET role = 'gateway_records';
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO gateway_records;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO gateway_records;
SQL
