#!/bin/sh
# Writes .env with new random secrets for docker-compose.yml: deploy/make-env.sh FILE
# A file that is there stays as it is: other secrets would lock the volumes out.
set -eu
file=${1:?the file to write, such as .env}
if [ -e "$file" ]; then
	echo "$file is there already and stays as it is"
	exit 0
fi

# A letter comes first, so that no configuration takes a password for a number;
# the rest is hexadecimal, so that it can stand in a URL.
random() {
	digits=$(od -An -v -tx1 -N 24 /dev/urandom | tr -d ' \n')
	[ ${#digits} -eq 48 ] || { echo "/dev/urandom gives nothing" >&2; exit 1; }
	printf 'k%s' "$digits"
}

jwt_secret=$(random)
postgres_password=$(random)
nats_password=$(random)
nats_system_password=$(random)
nats_cluster_password=$(random)
grafana_password=$(random)

umask 077
new="$file.$$"
trap 'rm -f "$new"' EXIT
cat >"$new" <<END
# Secrets of this installation, made by make env. Keep them: the volumes know them.
JWT_SECRET=$jwt_secret
POSTGRES_PASSWORD=$postgres_password
NATS_PASSWORD=$nats_password
NATS_SYSTEM_PASSWORD=$nats_system_password
NATS_CLUSTER_PASSWORD=$nats_cluster_password
GRAFANA_PASSWORD=$grafana_password

# Addresses with the passwords above; chitchat reads them from files.
DATABASE_URL=postgres://chitchat:\${POSTGRES_PASSWORD}@postgres:5432/chitchat?sslmode=disable
NATS_URL=nats://chitchat:\${NATS_PASSWORD}@nats-1:4222,nats://chitchat:\${NATS_PASSWORD}@nats-2:4222,nats://chitchat:\${NATS_PASSWORD}@nats-3:4222
NATS_SYSTEM_URL=nats://sys:\${NATS_SYSTEM_PASSWORD}@nats-1:4222,nats://sys:\${NATS_SYSTEM_PASSWORD}@nats-2:4222,nats://sys:\${NATS_SYSTEM_PASSWORD}@nats-3:4222

# To be reached from elsewhere, both: the address to listen at, and the page's origin.
#CHITCHAT_BIND=0.0.0.0
#CHITCHAT_ALLOWED_ORIGINS=https://chat.example.com
END
ln "$new" "$file" 2>/dev/null || { echo "$file can't be written, or appeared just now" >&2; exit 1; }
echo "wrote $file"
