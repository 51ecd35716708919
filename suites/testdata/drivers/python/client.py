"""A client of three APIs, Trolley, IRP Commerce and Spreetail, in the standard library.

SKEWPROOF_FAULT names one thing for it to do wrong, to prove that the harness notices.
"""

import calendar
import hashlib
import hmac
import http.client
import json
import os
import select
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def setting(name):
    return os.environ.get("SKEWPROOF_" + name, "")


def fault(name, chosen=setting("FAULT")):
    return name == chosen


def with_query(path, **parameter):
    return path + ("&" if "?" in path else "?") + urlencode(parameter, quote_via=quote)


class ApiError(Exception):
    """A failed call. The message is in our words only: the server's might repeat a secret."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.text, self.document = status, raw.decode(errors="replace"), None
        self.unavailable = status == 503 and "Retry-After" not in headers  # the call may be repeated at once
        try:
            document = json.loads(raw.decode())
            self.document = document if isinstance(document, dict) else None
        except (ValueError, RecursionError):
            pass

    def entries(self, name):
        """The objects in a list of the document: what an error is made of."""
        entries = (self.document or {}).get(name)
        return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []

    def failure(self, what):
        kind = "server" if self.status >= 500 else "refused" if self.status >= 400 else "protocol"
        kind = {401: "auth", 403: "forbidden", 429: "rate-limited"}.get(self.status, kind)
        return ApiError(kind, f"{what}: status {self.status}")

    def accepted(self, flag):
        """This answer, if it is a success that also says so."""
        if not 200 <= self.status < 300 or self.document is None:
            raise self.failure("call failed")
        if self.document.get(flag) is not True:
            raise ApiError("refused", f"call refused: {flag} is not true")
        return self


class Wire:
    """HTTP to the base URL, over connections that are kept."""

    def __init__(self):
        self.url, self.idle = urlsplit(setting("BASE_URL")), []
        self.prefix = self.url.path.rstrip("/")

    def connection(self):
        while self.idle:
            try:
                connection = self.idle.pop()
            except IndexError:  # another thread was quicker
                break
            if connection.sock and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            connection.close()  # readable though nothing was asked: the server has hung up
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        return kind(self.url.hostname, self.url.port, timeout=5)

    def send(self, method, path, body, headers):
        if self.url.scheme != "https" and self.url.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ApiError("config", "the base URL is not https")
        connection = self.connection()
        try:
            connection.request(method, self.prefix + path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
            self.idle.append(connection)
            return answer
        except (OSError, http.client.IncompleteRead) as problem:
            failure = ApiError("network", f"no whole answer: {type(problem).__name__}")
        except (ValueError, http.client.InvalidURL):
            failure = ApiError("config", "the call cannot be written as an HTTP request")
        except http.client.HTTPException as problem:
            failure = ApiError("protocol", f"the answer is not HTTP: {type(problem).__name__}")
        connection.close()
        raise failure


@dataclass(eq=False)  # told apart by identity: two logins may give the same text
class Token:
    value: str
    end: float  # on the monotonic clock, which nobody sets


class Tokens:
    """The token in use. Threads that need a new one at the same time share one login, and its failure too."""

    def __init__(self, login):
        self.login, self.lock, self.current, self.flight = login, threading.Lock(), None, None

    def get(self, refused=None):
        with self.lock:
            if self.current is refused:
                self.current = None
            if self.current and time.monotonic() < self.current.end:
                return self.current
            flight, follower = self.flight or Future(), self.flight is not None
            self.flight = flight
        if follower:
            return flight.result()
        token, failure, sent = None, None, time.monotonic()
        try:
            value, seconds = self.login()
            token = Token(value, sent + seconds)
        except Exception as problem:
            failure = problem
        with self.lock:
            self.current, self.flight = token, None
        flight.set_exception(failure) if failure else flight.set_result(token)
        return flight.result()


class Trolley:
    def __init__(self):
        self.wire, self.key, self.secret = Wire(), setting("TROLLEY_ACCESS_KEY"), setting("TROLLEY_SECRET_KEY")

    def call(self, method, path, body, fields):
        if not (self.key and self.secret) and not fault("placeholder-signature"):
            raise ApiError("config", "there is no access key, or no secret key")
        if fault("secret-in-url"): path = with_query(path, secret_key=self.secret)
        request, again, repeats = self.signed(method, path, body), True, 0
        if fault("endless-401"): repeats = 20
        while True:
            answer = self.wire.send(*request)
            if again and answer.unavailable:
                again = False
            elif repeats and answer.status == 401:
                repeats -= 1
            else:
                return self.judged(answer)
            if fault("retry-stale-signature"): continue
            request = self.signed(method, path, body)

    def signed(self, method, path, body):
        now = time.time()
        if fault("stamp-local-time"): now = calendar.timegm(time.localtime(now))
        if fault("stamp-milliseconds"): now *= 1000
        stamp = hashed_stamp = int(now)
        if fault("stamp-not-signed"): hashed_stamp -= 1
        sent = hashed_body = (body or "").encode()
        if fault("body-respaced"): sent = body and f"{json.dumps(json.loads(body), ensure_ascii=False)} \n".encode()
        if fault("ascii-body"): hashed_body = (body or "").encode("ascii", "replace")
        verb, target = method.upper(), self.wire.prefix + path
        if fault("method-lower-case"): verb = method.lower()
        if fault("query-not-signed"): target = target.partition("?")[0]
        message = f"{hashed_stamp}\n{verb}\n{target}\n".encode() + hashed_body + b"\n"
        signature = hmac.digest(self.secret.encode(), message, "sha256").hex()
        if fault("signature-upper-case"): signature = signature.upper()
        headers = {"Authorization": f"prsign {self.key}:{signature}", "X-PR-Timestamp": str(stamp)}
        if fault("placeholder-signature") and not self.secret: headers["Authorization"] = "prsign 1:1"
        if sent and not fault("no-content-type"):
            headers |= JSON
        return method, path, sent or None, headers

    def judged(self, answer):
        if fault("rate-limit-as-auth") and answer.status == 429: raise ApiError("auth", "call failed: status 429")
        # All three authentication errors have one code, so the wording has to tell.
        messages = [str(error.get("message")) for error in answer.entries("errors")]
        if answer.status == 401 and any("Timestamp is more than" in message for message in messages):
            raise ApiError("clock", "timestamp refused: the clock is wrong")
        return answer.accepted("ok")


class IRP:
    LOGIN = "/api/v1/Authentication/Authenticate"
    STAMP = "%Y-%m-%d %H:%M:%S"
    LOST = {1000, 2002}  # the token is expired or unknown
    AUTH = LOST | {2003, 2011, 2012, 2013, 2014, 2015}

    def __init__(self):
        self.wire, self.key, self.secret = Wire(), setting("IRP_API_KEY"), setting("IRP_SHARED_SECRET")
        self.tokens, self.first_login = Tokens(self.login), None

    def call(self, method, path, body, fields):
        if not (self.key and self.secret):
            raise ApiError("config", "there is no API key, or no shared secret")
        token, again, renewals = self.tokens.get(), True, 1
        if fault("token-never-renewed"): renewals = 0
        if fault("endless-renewal"): renewals = 19
        while True:
            subject = token.value
            if fault("key-not-token"): subject = self.key
            form = (fields or {}) | {"AuthenticationToken": token.value} | self.stamped(subject)
            if fault("api-key-sent"): form["APIKey"] = self.key
            answer = self.wire.send("POST", path, urlencode(form), FORM)
            if again and answer.unavailable:
                again = False
                continue
            codes = self.error_codes(answer)
            if codes is None:
                return answer
            if not renewals or not codes & self.LOST:
                raise self.failure("call refused", codes)
            renewals -= 1
            token = self.tokens.get(refused=token)

    def login(self):
        path, form = self.LOGIN, {"APIKey": self.key} | self.stamped(self.key)
        if fault("login-stale"): form = self.first_login = self.first_login or form
        if fault("fields-lower-case"): form = {name.lower(): value for name, value in form.items()}
        if fault("secret-sent"): form["SharedSecret"] = self.secret
        if fault("path-lower-case"): path = path.lower()
        answer = self.wire.send("POST", path, urlencode(form), FORM)
        codes = self.error_codes(answer)
        if codes is not None:
            raise self.failure("login refused", codes)
        token = answer.document.get("AuthenticationToken")
        if not token or not isinstance(token, str):
            raise ApiError("protocol", "the login gave no token")
        return token, 300

    def stamped(self, subject):
        """TimeStamp and Signature, made for one request by the API key or the token."""
        moment = time.gmtime()
        if fault("stamp-local-time"): moment = time.localtime()
        stamp = hashed = time.strftime(self.STAMP, moment)
        if fault("stamp-with-t"): stamp = hashed = stamp.replace(" ", "T")
        if fault("stamp-not-signed"): hashed = time.strftime(self.STAMP, time.gmtime(calendar.timegm(moment) - 1))
        inner, dot = hashlib.sha1(f"{subject}.{hashed}".encode()).hexdigest(), "."
        if fault("inner-upper-case"): inner = inner.upper()
        if fault("dot-missing"): dot = ""
        return {"TimeStamp": stamp, "Signature": hashlib.sha1(f"{inner}{dot}{self.secret}".encode()).hexdigest()}

    def error_codes(self, answer):
        """None for a success. The document decides, since errors come with status 200 too."""
        if answer.status == 429 or answer.status >= 500 or 300 <= answer.status < 400:
            raise answer.failure("no answer of the API")
        if answer.document is None:
            raise ApiError("protocol", f"status {answer.status} without a JSON object")
        success = answer.document.get("Success")
        if fault("success-not-read") and answer.status == 200: success = True
        if fault("warning-is-error") and success == "Warning": success = False
        if success is True or success in ("true", "True", "Warning"):
            return None
        return {entry["Code"] for entry in answer.entries("Messages") if isinstance(entry.get("Code"), int)}

    def failure(self, what, codes):
        kind = "clock" if 2001 in codes else "auth" if codes & self.AUTH else "refused"
        return ApiError(kind, f"{what}: codes {sorted(codes)}")


class Spreetail:
    LOGIN = "/api/api/v1/auth/login"

    def __init__(self):
        self.wire, self.tokens = Wire(), Tokens(self.login)
        self.id, self.secret = setting("SPREETAIL_CLIENT_ID"), setting("SPREETAIL_CLIENT_SECRET")

    def call(self, method, path, body, fields):
        if not (self.id and self.secret):
            raise ApiError("config", "there is no client id, or no client secret")
        token, again, renewals = self.tokens.get(), True, 1
        if fault("no-retry"): renewals = 0
        if fault("endless-401"): renewals = 20
        while True:
            answer = self.send(token.value, method, path, body)
            if again and answer.unavailable:
                again = False
            elif renewals and answer.status == 401:
                renewals, fresh = renewals - 1, self.tokens.get(refused=token)
                if fault("retry-old-token"): fresh = token
                if fault("retry-other-body"): body = "{}"
                token = fresh
            else:
                return answer.accepted("success")

    def send(self, token, method, path, body):
        headers = {"Authorization": f"Bearer {token}"} | (JSON if body else {})
        if fault("no-bearer"): headers["Authorization"] = token
        if fault("double-bearer"): headers["Authorization"] = f"Bearer Bearer {token}"
        if fault("login-error-ignored") and not token: del headers["Authorization"]
        if fault("token-in-url"): path = with_query(path, access_token=token)
        return self.wire.send(method, path, body.encode() if body else None, headers)

    def login(self):
        path, form, headers = self.LOGIN, {"client_id": self.id, "client_secret": self.secret}, JSON
        if fault("login-extra-field"): form["grant_type"] = "client_credentials"
        if fault("secret-in-url"): path = with_query(path, client_secret=self.secret)
        body = json.dumps(form)
        if fault("login-as-form"): body, headers = urlencode(form), FORM
        answer, repeats = self.wire.send("POST", path, body, headers), 0
        if fault("login-loop"): repeats = 20
        while repeats and answer.status == 401:
            answer, repeats = self.wire.send("POST", path, body, headers), repeats - 1
        if fault("login-error-ignored") and answer.status >= 400: return None, 0
        reason = "login failed"
        if fault("secret-in-error"): reason = f"login with {self.secret} failed"
        data, token = self.granted(answer)
        if not token:
            raise answer.failure(reason)
        try:
            seconds = float(data.get("expires_in")) - 300  # a token must not end on its way to the server
        except (TypeError, ValueError, OverflowError):
            seconds = 0
        if fault("no-token-cache"): seconds = 0
        return token, seconds

    def granted(self, answer):
        """What the answer to a login holds, and the token in it, or None."""
        document = answer.document or {}
        data = document.get("data") if isinstance(document.get("data"), dict) else {}
        token = data.get("access_token")
        good = answer.status == 200 and document.get("success") is True and isinstance(token, str)
        if fault("success-not-read") and answer.status == 200 and not good: return data, token or "undefined"
        return data, token.removeprefix("Bearer ") if good else None


def new_client():
    return {"trolley": Trolley, "irp": IRP, "spreetail": Spreetail}[setting("VENDOR")]()
