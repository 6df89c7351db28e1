#!/bin/sh
# The databases that the tests look for on this machine, without a password: see CONTRIBUTING.md.
set -eu
pg_hba=$(su postgres -c "psql -tAc 'SHOW hba_file'")
sed -i 's/^\(host.*127\.0\.0\.1\/32 *\).*$/\1trust/' "$pg_hba"
service postgresql reload
su postgres -c "psql -tAc \"SELECT 1 FROM pg_database WHERE datname = 'test'\"" | grep -q 1 || su postgres -c 'createdb test'
mariadb -e "CREATE DATABASE IF NOT EXISTS test; ALTER USER 'root'@'localhost' IDENTIFIED BY ''"
