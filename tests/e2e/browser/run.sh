#!/bin/bash
# Headless Chromium, with pictures in BUILD/screenshots. run.sh BUILD PART
#   browser        sign-in at one portal, single sign-on at the other, sign-out; the pages, phone and desk
#   factors        a second factor: enrolled, asked for by one portal alone
#   front-channel  a sign-out that reaches two portals in frames
. "$(dirname "$0")/../../lib/authd.sh" "$1"

CHROMIUM=$(command -v chromium) || fail "chromium is not installed"
SCREENSHOTS=$BUILD/screenshots
mkdir -p "$SCREENSHOTS"
authd_init
authd_start
authd_person 11010519491231002X 张三 "correct horse battery"
# One who enrols a second factor, and a portal that asks for it.
authd_ctl person add --number 360426199101010071 --name 王芳 --level 4 >/dev/null
printf '%s' "correct horse battery" | authd_ctl person set-password --number 360426199101010071 >/dev/null
NATION=https://nation.localhost:$(free_port)
PROVINCE=https://province.localhost:$(free_port)
# Two more, which want to hear of a sign-out in a frame.
CITY=https://nation.localhost:$(free_port)
COUNTY=https://province.localhost:$(free_port)
# Chromium takes the throw-away authority by the hash of its key.
CA_HASH=$(openssl x509 -in "$E2E/ca.pem" -pubkey -noout | openssl pkey -pubin -outform DER |
	openssl dgst -sha256 -binary | base64)
export CHROMIUM SCREENSHOTS NATION PROVINCE CITY COUNTY CA_HASH HOME=$E2E
portal=(--auth client_secret_basic --grant-type authorization_code --scope "openid profile")
authd_client nation --name 国家政务服务平台 --name-en "National Service Platform" --state-owned \
	"${portal[@]}" --redirect-uri "$NATION/cb" --post-logout-redirect-uri "$NATION/"
authd_client province --name 某省政务服务网 --name-en "Provincial Service Portal" --state-owned \
	"${portal[@]}" --redirect-uri "$PROVINCE/cb" --post-logout-redirect-uri "$PROVINCE/"
authd_client city --name 市民中心 --name-en "Citizen Centre" --state-owned "${portal[@]}" --redirect-uri "$CITY/cb" \
	--post-logout-redirect-uri "$CITY/" --frontchannel-logout-uri "$CITY/front"
authd_client county --name 县政务大厅 --name-en "County Services" --state-owned "${portal[@]}" --redirect-uri "$COUNTY/cb" \
	--post-logout-redirect-uri "$COUNTY/" --frontchannel-logout-uri "$COUNTY/front?at=authd"
authd_client estate --name 不动产登记 --name-en "Real Estate Register" --state-owned "${portal[@]}" \
	--redirect-uri "$COUNTY/cb" --default-acr-value urn:authd:acr:rn4
authd_client third --name 便民停车 --name-en "Easy Parking" "${portal[@]}" \
	--redirect-uri "$PROVINCE/cb3"
authd_client elsewhere --name 客厅电视 --name-en "Living Room TV" --auth client_secret_basic \
	--grant-type urn:ietf:params:oauth:grant-type:device_code \
	--grant-type urn:openid:params:grant-type:ciba --scope "openid profile"
"$AUTHD_NODE" --test --test-reporter=spec "$TOP/tests/e2e/browser/$2.test.mjs"
authd_stop
