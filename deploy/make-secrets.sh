#!/bin/sh
# Writes the secrets that docker-compose.yml hands to its containers into ./secrets: those that are not there yet, at random.
set -eu

# Only its owner can enter the folder. The files in it are readable, since the users of the containers are other ones than their owner.
umask 077
mkdir -p secrets
umask 022

random_hex() { head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n'; }
random_base64() { head -c 32 /dev/urandom | base64 | tr -d '\n'; }

# Moved into place when it is complete: a file that is there is never written again.
put() {
  [ -e "secrets/$1" ] && return
  printf '%s\n' "$2" > "secrets/$1.new"
  mv "secrets/$1.new" "secrets/$1"
  echo "secrets/$1 is new"
}

put postgres_password "$(random_hex)"
put database_password "$(random_hex)"
put database_url "postgresql://paidonce:$(cat secrets/database_password)@postgres:5432/paidonce"
put temporal_database_password "$(random_hex)"
put api_keys "key_$(random_hex)"
put dintero_client_secret "$(random_hex)"
put dintero_signature_secrets "$(random_hex)"
put dintero_webhook_secrets "$(random_hex)"
put stripe_secret_key "sk_test_$(random_hex)"
put stripe_webhook_secrets "whsec_$(random_hex)"
put order_webhook_secrets "whsec_$(random_base64)"
put payload_keys "first:$(random_base64)"
put grafana_password "$(random_hex)"
