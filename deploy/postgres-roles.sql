-- The databases of docker-compose.yml and their owners, who can do nothing beyond them. PostgreSQL's image runs it once, on an empty volume.
\set paidonce_password `cat /run/secrets/database_password`
\set temporal_password `cat /run/secrets/temporal_database_password`

create role paidonce login password :'paidonce_password';
create database paidonce owner paidonce;

create role temporal login password :'temporal_password';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
