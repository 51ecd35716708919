#!/usr/bin/env python3
"""Recompute every signature vector with the Python standard library alone.

Usage: recompute.py [--openssl]

Reads <vendor>/signatures.json beside this file and computes each stage and each sent value
again, including the wrong value of every vector that describes a mistake. The code is written
out for each vendor and shares nothing with the harness. --openssl also has every digest made
by the openssl command. Exits 1 when a value differs, naming the vector and the stage.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys

OPENSSL = "--openssl" in sys.argv[1:]


def openssl(data, *options):
    out = subprocess.run(["openssl", "dgst", *options, "-binary"], input=data, stdout=subprocess.PIPE, check=True)
    return out.stdout


def sha1(data):
    digest = hashlib.sha1(data).digest()
    if OPENSSL and openssl(data, "-sha1") != digest:
        raise ValueError("openssl gives another SHA-1")
    return digest


def hmac_of(key, data, name="sha256"):
    key, data = key.encode(), data.encode()
    digest = hmac.new(key, data, name).digest()
    # HMAC pads a short key with zero bytes, so one zero byte stands for the empty key, which openssl refuses.
    if OPENSSL and openssl(data, "-" + name, "-mac", "HMAC", "-macopt", "hexkey:" + (key or b"\0").hex()) != digest:
        raise ValueError("openssl gives another HMAC")
    return digest


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data, padding=False):
    text = base64.urlsafe_b64encode(data).decode()
    return text if padding else text.rstrip("=")


def trolley(recipe, i, variant, mistake):
    if recipe == "webhook":
        message = i["timestamp"] + i["body"]
        if mistake == "webhook-payment-dot":
            message = i["timestamp"] + "." + i["body"]
        elif mistake == "webhook-payment-reserialised-body":
            message = i["timestamp"] + json.dumps(json.loads(i["body"]), separators=(",", ":"))
        elif mistake:
            raise KeyError("unknown mistake")
        signature = hmac_of(i["webhook_secret"], message).hex()
        sent = {"X-PaymentRails-Signature": "t=%s,v1=%s" % (i["timestamp"], signature)}
        return [("message", message), ("signature", signature)], sent

    key, time, method, target, body = (i[n] for n in ("secret_key", "timestamp", "method", "target", "body"))
    end = "" if variant.get("trailing-newline") == "absent" else "\n"
    message = time + "\n" + method + "\n" + target + "\n" + body + end
    encode = bytes.hex
    ascii_only = "".join(c if c < "\x80" else "?" for c in message)
    wrong_messages = {
        "get-recipients-no-newlines": time + method + target + body,
        "get-recipients-milliseconds": f"{time}000\n{method}\n{target}\n{body}\n",
        "get-recipients-absolute-url": f"{time}\n{method}\nhttps://api.trolley.com{target}\n{body}\n",
        "get-recipients-lower-method": f"{time}\n{method.lower()}\n{target}\n{body}\n",
        "get-recipients-literal-backslash-n": message.replace("\n", "\\n"),
        "get-recipients-after-2038-overflow": f"{int(time) - 2**32}\n{method}\n{target}\n{body}\n",
        "get-recipients-query-left-out": f"{time}\n{method}\n{target.split('?')[0]}\n{body}\n",
        "get-recipients-query-reencoded": f"{time}\n{method}\n{target.replace('%20', '+')}\n{body}\n",
        "get-recipients-query-mark-dropped": f"{time}\n{method}\n{target.rstrip('?')}\n{body}\n",
        "post-invoice-no-trailing-newline": f"{time}\n{method}\n{target}\n{body}",
        "post-invoice-other-timestamp": f"1707192470\n{method}\n{target}\n{body}\n",
        "post-invoice-reserialised-body": f"{time}\n{method}\n{target}\n{body.replace(': ', ':')}\n",
        "post-batch-empty-object-signed-as-empty": f"{time}\n{method}\n{target}\n\n",
        "post-recipient-ascii": ascii_only,
        "post-recipient-emoji-ascii": ascii_only,
    }
    if mistake == "get-recipients-empty-secret":
        key = ""
    elif mistake == "get-recipients-base64":
        encode = b64
    elif mistake == "get-recipients-upper-hex":
        encode = lambda digest: digest.hex().upper()
    elif mistake:
        message = wrong_messages[mistake]
    signature = encode(hmac_of(key, message))
    sent = {"Authorization": "prsign " + i["access_key"] + ":" + signature, "X-PR-Timestamp": time}
    return [("message", message), ("signature", signature)], sent


def irp(recipe, i, variant, mistake):
    subject, time, secret, dot = i["subject"], i["timestamp"], i["shared_secret"], "."
    decimal = variant.get("encoding") == "decimal"
    if mistake == "authenticate-iso-timestamp":
        time = time.replace(" ", "T") + "Z"
    elif mistake == "authenticate-unpadded-date":
        time = time.replace("-0", "-").replace(" 0", " ").replace(":0", ":")
    elif mistake == "token-percent-encoded":
        subject = subject.replace("/", "%2F")
    elif mistake == "token-call-signed-with-api-key":
        subject = i["api_key"]
    elif mistake == "authenticate-no-separator":
        dot = ""
    elif mistake in ("authenticate-empty-secret", "authenticate-empty-secret-decimal"):
        secret = ""

    first = sha1((subject + dot + time).encode())
    inner = first.hex()
    if mistake == "authenticate-upper-inner":
        inner = inner.upper()
    second = sha1((inner + dot + secret).encode())
    if mistake == "authenticate-raw-inner":
        second = sha1(first + b"." + secret.encode())
    elif mistake == "authenticate-hmac":
        second = hmac_of(secret, inner, "sha1")

    signature = "".join(str(byte) for byte in second) if decimal else second.hex()
    if mistake == "authenticate-upper-hex":
        signature = signature.upper()
    elif mistake == "token-leading-zero-digit-dropped":
        signature = signature.lstrip("0")
    elif mistake == "token-decimal-padded":
        signature = "".join("%03d" % byte for byte in second)
    elif mistake == "token-decimal-one-integer":
        signature = str(int.from_bytes(second, "big"))
    # i holds one of the two; only the vector of a mistake holds both.
    name, value = ("AuthenticationToken", i["token"]) if "token" in i else ("APIKey", i["api_key"])
    sent = {name: value, "TimeStamp": i["timestamp"], "Signature": signature}
    return [("inner", inner), ("signature", signature)], sent


def spreetail(recipe, i, variant, mistake):
    key, issued, expires = i["token_key"], i["issued"], i["expires"]
    algorithm, hashed, padding = "HS256", "sha256", mistake == "padding-kept"
    if mistake == "alg-none":
        algorithm = "none"
    elif mistake == "hs512":
        algorithm, hashed = "HS512", "sha512"
    elif mistake == "hs512-digest-under-hs256-header":
        hashed = "sha512"
    elif mistake == "empty-key":
        key = ""
    elif mistake == "milliseconds":
        issued, expires = issued + "000", expires + "000"
    elif mistake == "times-as-text":
        issued, expires = '"%s"' % issued, '"%s"' % expires

    header_json = '{"alg":"%s","typ":"JWT"}' % algorithm
    payload_json = '{"sub":"%s","client_id":"%s","iat":%s,"exp":%s}' % (i["client_id"], i["client_id"], issued, expires)
    header, payload = b64url(header_json.encode(), padding), b64url(payload_json.encode(), padding)
    signed = header + "." + payload
    if mistake == "payload-only":
        signed = payload
    elif mistake == "unencoded-parts":
        signed = header_json + "." + payload_json
    digest = hmac_of(key, signed, hashed)
    signature = b64url(digest, padding)
    if mistake == "alg-none":
        signature = ""
    elif mistake == "standard-base64":
        signature = b64(digest).rstrip("=")
    elif mistake == "hex-digest":
        signature = b64url(digest.hex().encode())
    token = header + "." + payload + "." + signature
    stages = [("header", header), ("payload", payload), ("signature", signature), ("token", token)]
    return stages, {"Authorization": "Bearer " + token}


def differences(vector, compute):
    recipe, inputs, variant = vector["recipe"], vector["inputs"], vector.get("variant", {})
    right, sent = compute(recipe, inputs, variant, None)
    stages = right if vector["valid"] else compute(recipe, inputs, variant, vector["id"])[0]
    given = [(stage["name"], stage["value"]) for stage in vector["stages"]]
    if [name for name, _ in given] != [name for name, _ in stages]:
        yield "stages", [name for name, _ in given], [name for name, _ in stages]
    for (name, value), (_, computed) in zip(given, stages):
        if value != computed:
            yield "stage " + name, value, computed
    if not vector["valid"]:
        if stages[-1] == right[-1]:
            yield "stage " + right[-1][0], "(a mistake)", "the correct value"
        return
    given = vector.get("headers") or vector.get("fields")
    if given != sent:
        yield "headers or fields", given, sent


def main():
    if sys.argv[1:] not in ([], ["--openssl"]):
        print("usage: recompute.py [--openssl]", file=sys.stderr)
        return 2
    bad = False
    for compute in (trolley, irp, spreetail):
        vendor = compute.__name__
        path = pathlib.Path(__file__).resolve().parent / vendor / "signatures.json"
        vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
        wrong, seen = set(), set()
        for vector in vectors:
            try:
                found = list(differences(vector, compute))
            except (KeyError, ValueError) as err:
                found = [("computing", "", str(err))]
            if vector["id"] in seen:
                found.append(("id", vector["id"], "already used"))
            seen.add(vector["id"])
            for where, given, computed in found:
                wrong.add(vector["id"])
                print("%s: %s: %s: file has %a, computed %a" % (vendor, vector["id"], where, given, computed))
        if wrong or not vectors:
            bad = True
            print("%s: %d of %d vectors differ" % (vendor, len(wrong), len(vectors)))
        else:
            print("%s: %d vectors agree" % (vendor, len(vectors)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
