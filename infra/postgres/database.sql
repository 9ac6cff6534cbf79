-- The database of one service: psql -v name=police -f infra/postgres/database.sql
-- Two roles: NAME_owner, whose the tables are and who alone migrates them, and NAME, the service.
-- Then give each a password: \password police_owner, \password police.
\set ON_ERROR_STOP on
\set owner :name _owner
CREATE ROLE :"owner" LOGIN;
CREATE ROLE :"name" LOGIN;
CREATE DATABASE :"name" OWNER :"owner" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"name";
\connect :"name"
REVOKE ALL ON SCHEMA public FROM PUBLIC;
