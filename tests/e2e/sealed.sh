#!/bin/bash
# Personal data lies nowhere in the clear: not in records, cache, logs, backups or key files, in no
# encoding; and without the key the indexes do not tell who is there. sealed.sh BUILD [redis|sm]
[ "${2:-}" != sm ] || export SUITE=sm
. "$(dirname "$0")/../lib/authd.sh" "$1"

cache=embedded
if [ "${2:-}" = redis ]; then
	mkdir "$E2E/redis"
	redis-server --port 0 --unixsocket "$E2E/redis.sock" --save '' --appendonly no \
		--rdbcompression no --dir "$E2E/redis" >"$E2E/redis.log" 2>&1 &
	started $!
	until [ -S "$E2E/redis.sock" ]; do sleep 0.05; done
	cache=redis+unix://$E2E/redis.sock
fi
authd_init "cache: $cache" "log_level: debug"
authd_start
password="correct horse battery"
authd_ctl person add --number 11010519491231002X --name 欧阳明月 --phone-number +8612055556666 \
	--email mingyue.ouyang@mail.example --address 杭州市虚构大道989号 \
	--login-name ouyang.mingyue >/dev/null
printf '%s' "$password" | authd_ctl person set-password --number 11010519491231002X >/dev/null
authd_ctl entity add --number 91350100M000100Y43 --name 福州虚构贸易有限公司 \
	--representative-name 慕容清华 --representative-number 110101199003070039 >/dev/null
authd_ctl entity add --number 91350100M000100Y43 --name 福州虚构贸易有限公司 \
	--representative-name 欧阳明月 --representative-number 11010519491231002X >/dev/null
authd_ctl mandate add --legal-person 91350100M000100Y43 --role agent --number 310230199104010311 --name 司徒晓雯 \
	--matter imaginary.sealing --until 2027-12-31 >/dev/null
mandate=$(authd_ctl mandate list --number 11010519491231002X --json | jq -r '.mandates[0].id')
authd_client portal --name 市民中心 --state-owned --auth client_secret_basic \
	--grant-type authorization_code --grant-type refresh_token --legal-persons \
	--scope "openid profile offline_access" --redirect-uri https://portal.localhost/cb
MANDATE=$mandate NUMBER=11010519491231002X "$AUTHD_NODE" "$TOP/tests/e2e/sign-in.mjs"
# Mistakes are logged too, and must not tell whom they were about.
authd_ctl person show --number 110101199003070039 >/dev/null 2>&1 || true
authd_ctl person add --number 110105194912310021 --name 欧阳明月 >/dev/null 2>&1 || true
authd_ctl backup "$E2E/backup" >/dev/null
if [ "$cache" != embedded ]; then redis-cli -s "$E2E/redis.sock" SAVE >/dev/null; fi
authd_stop

secret=$(jq -r .client_secret "$E2E/clients/portal.json")
rm -rf "$E2E/clients"
mkdir "$E2E/seen"
for what in data keys redis backup authd.log init.out; do
	if [ -e "$E2E/$what" ]; then mv "$E2E/$what" "$E2E/seen/"; fi
done
python3 "$TOP/tests/e2e/sealed.py" "$E2E/seen" 11010519491231002X 欧阳明月 +8612055556666 12055556666 \
	mingyue.ouyang@mail.example 杭州市虚构大道989号 虚构大道 ouyang.mingyue 91350100M000100Y43 \
	福州虚构贸易有限公司 慕容清华 110101199003070039 司徒晓雯 310230199104010311 imaginary.sealing 110105194912310021 "$password" "$secret"
