#!/usr/bin/env bash
# A device of the exchange in curl and openssl: enrols with a code, shows who it is, hands over two entries and reads them
# back. docs/exchange.md says what each step means.
#
#   docs/exchange-client.sh http://127.0.0.1:8787 ABCD-EFGH
set -euo pipefail

hub=${1:?address of the hub}
code=${2:?a code from the operator}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A text field of an answer. Enough for answers without quotes inside; a program parses JSON.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
quoted() { sed 's/\\/\\\\/g; s/"/\\"/g'; }
post() { curl --silent --show-error --fail-with-body --header 'content-type: application/json' "$@"; }
# Ed25519 over a text, base64.
sign() {
  printf %s "$1" >"$work/text"
  openssl pkeyutl -sign -rawin -inkey "$work/key.pem" -in "$work/text" | openssl base64 -A
}

# 1. A key pair, and a name nobody else has.
openssl genpkey -algorithm ed25519 -out "$work/key.pem"
public_key=$(openssl pkey -in "$work/key.pem" -pubout -outform DER | openssl base64 -A)
device=$(openssl rand -hex 16)

# 2. Enrol. The server's key is learned here, and believed from now on.
enrolled=$(post "$hub/v1/enrol" --data @- <<JSON
{"code":"$code","former":null,"deviceId":"$device","publicKey":"$public_key","prefix":"T1","stallId":null,
 "name":"curl","signature":"$(sign "enrol $code $device $public_key")"}
JSON
)
stall=$(field stallId <<<"$enrolled")
server_key=$(field publicKey <<<"$enrolled")
echo "enrolled at stall $stall as $(field prefix <<<"$enrolled")"

# Whether the server signed a text.
require_signed() {
  printf %s "$1" >"$work/said"
  openssl base64 -d -A <<<"$2" >"$work/signature"
  openssl base64 -d -A <<<"$server_key" >"$work/server.der"
  openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/server.der" -in "$work/said" \
    -sigfile "$work/signature" >"$work/verdict" || { cat "$work/verdict"; exit 1; }
}

# 3. A challenge, signed, gives a token.
challenge=$(post "$hub/v1/token/challenge" --data "{\"deviceId\":\"$device\"}" | field challenge)
nonce=$(openssl rand -hex 16)
answer=$(post "$hub/v1/token" --data @- <<JSON
{"deviceId":"$device","challenge":"$challenge","nonce":"$nonce","signature":"$(sign "token $challenge $nonce")"}
JSON
)
token=$(field token <<<"$answer")
epoch=$(sed -n 's/.*"epoch":\([0-9]*\).*/\1/p' <<<"$answer")
require_signed "server $nonce $device $epoch" "$(field signature <<<"$answer")"

# 4. Entries: each is hashed over the hash before it and its own canonical JSON.
entries=
seq=0
prev=$(printf '0%.0s' {1..64})
append() { # kind body
  seq=$((seq + 1))
  local id at canonical hash
  id=$(openssl rand -hex 16)
  at="$(date -u +%Y-%m-%dT%H:%M:%S).000Z-$(printf %04x "$seq")-$device"
  canonical="{\"actor\":null,\"at\":\"$at\",\"body\":$2,\"device\":\"$device\",\"event\":null,\"id\":\"$id\",\"kind\":\"$1\",\"seq\":$seq}"
  hash=$(printf %s "$prev$canonical" | openssl dgst -sha256 -r | cut -d' ' -f1)
  entries+="${entries:+,}{\"device\":\"$device\",\"seq\":$seq,\"id\":\"$id\",\"kind\":\"$1\",\"at\":\"$at\",\"event\":null,"
  entries+="\"actor\":null,\"body\":\"$(quoted <<<"$2")\",\"prev\":\"$prev\",\"hash\":\"$hash\"}"
  prev=$hash
}
append device.registered "{\"deviceId\":\"$device\",\"prefix\":\"T1\",\"publicKey\":\"$public_key\"}"
append staff.signed-on '{"staffId":"somebody"}'

# 5. Hand them over under a signed head. Only what the server has signed for is safe there.
pushed=$(post "$hub/v1/stalls/$stall/entries" --header "authorization: Bearer $token" --data @- <<JSON
{"entries":[$entries],
 "head":{"device":"$device","seq":$seq,"hash":"$prev","signature":"$(sign "$device $seq $prev")"}}
JSON
)
require_signed "ack $device $seq $prev $epoch" "$(field signature <<<"$pushed")"
echo "handed over $seq entries, $(grep -o '"outcome":"stored"' <<<"$pushed" | wc -l) of them stored"

# 6. Read the stall's feed from its beginning, our own entries too.
feed=$(curl --silent --show-error --fail-with-body --header "authorization: Bearer $token" \
  "$hub/v1/stalls/$stall/entries?after=0.0&own=all")
echo "read $(grep -o '"kind":"[a-z.-]*"' <<<"$feed" | tr '\n' ' ')up to $(field cursor <<<"$feed")"
