"""A client without a browser: it speaks Streamlit's protocol, as a script that means harm would."""

import http.client
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol


@dataclass(frozen=True)
class Session:
    """line: the websocket; id: of the session; token: the cookie against forged uploads."""

    url: str
    line: ClientConnection
    id: str
    token: str

    def put(self, name: str, size: int, boundary: str = "b0undary") -> tuple[int, str]:
        """Upload `size` bytes as file `name`; returns the status and the words of the answer."""
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
        end = f"\r\n--{boundary}--\r\n".encode()
        target = urlsplit(self.url)
        line = http.client.HTTPConnection(target.netloc, timeout=60)
        line.putrequest("PUT", f"{target.path}/_stcore/upload_file/{self.id}/{name}")
        for key, value in {
            "Cookie": f"_streamlit_xsrf={self.token}", "X-Xsrftoken": self.token,
            "Content-Type": f"multipart/form-data; boundary={boundary}", "Content-Length": len(head) + size + len(end),
        }.items():  # fmt: skip
            line.putheader(key, value)
        line.endheaders()
        try:
            line.send(head)
            for start in range(0, size, 2**20):
                line.send(bytes(min(2**20, size - start)))
            line.send(end)
        except ConnectionError:  # the server has answered and closed
            pass
        answer = line.getresponse()
        return answer.status, answer.read().decode()


def open_session(url: str) -> Session:
    """Open a session at `url` the way a browser does."""
    with urllib.request.urlopen(f"{url}/_stcore/health", timeout=10) as answer:
        token = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    line = connect(
        url.replace("http", "ws", 1) + "/_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None,
        additional_headers={"Cookie": f"_streamlit_xsrf={token}"}, legacy=True,
    )  # fmt: skip
    ask = BackMsg()
    ask.rerun_script.query_string = ""
    line.send(ask.SerializeToString())
    while True:
        told = ForwardMsg()
        told.ParseFromString(bytes(line.recv(timeout=20)))
        if told.WhichOneof("type") == "new_session":
            return Session(url, line, told.new_session.initialize.session_id, token)
