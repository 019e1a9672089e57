"""The page over HTTP, without a browser: who is answered, how much is taken, what a page that closes leaves behind."""

import http.client
import io
import json
import socket
import time
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.data.binarise import permute
from sw.host import checkpoint
from sw.host.checkpoint import Checkpoint
from sw.host.error import HostError
from sw.page import digits
from sw.page.address import Address
from sw.page.body import MOST_ASKED, MOST_UPLOADED
from sw.page.contest import TASKS, accuracy, without_rule
from sw.page.server import MOST_PAGES
from tests.drivers.page_scene import ModelOpener, ask, compiled, drawings, request, served, small, state


@pytest.fixture(scope="module")
def page():
    with served(Network.of(layers=(784, 16, 12), learning_rate=(1.0, 1.0))) as page:
        yield page


def refused(answer, status, *words):
    """One sentence, which has the words."""
    told, given = answer if len(answer) == 2 else (answer[0], json.loads(answer[2]))
    assert told == status and list(given) == ["error"], answer
    assert all(word in given["error"] for word in words) and "\n" not in given["error"], given


def file_of(state):
    file = io.BytesIO()
    state.write(file)
    return file.getvalue()


def uploaded(page, content):
    return request(page, "POST", "/checkpoint", content)


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


class TestFiles:
    @pytest.mark.parametrize("path", ["/", "/static/page.js", "/static/ink.js", "/static/style.css", "/static/icon.svg"])
    def test_they_are_served_and_nothing_may_come_from_elsewhere(self, page, path):
        status, headers, body = request(page, "GET", path)
        assert status == 200 and body
        assert "default-src 'none'" in headers["content-security-policy"]
        text = body.decode().replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text and "https:" not in text and "//cdn" not in text

    @pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e/server.py", "/server.py", "/static/"])
    def test_nothing_else_is(self, page, path):
        assert request(page, "GET", path)[0] == 404


class TestWhoIsAnswered:
    def test_a_name_that_leads_here_is_not_this_page(self, page):
        refused(request(page, "GET", "/state", Host="evil.example"), 421, "another address")

    @pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
    def test_another_site_changes_nothing(self, page, origin):
        before = state(page)
        refused(request(page, "POST", "/symbols", '{"name": "x"}', Origin=origin), 403, "another site")
        assert state(page) == before

    def test_its_own_page_is_answered(self, page):
        assert request(page, "POST", "/stop", "{}", Origin=page.url.rstrip("/"))[0] == 200

    def test_with_a_token_nobody_else_is(self):
        with served(token="right1") as page:
            assert page.url.endswith("/?token=right1")
            for path in ("/", "/state", "/events", "/checkpoint", "/static/page.js", "/?token=wrong", "/?token="):
                refused(request(page, "GET", path), 403, "needs its token")
            refused(request(page, "POST", "/stop?token=right1", "{}"), 403, "needs its token")
            refused(request(page, "GET", "/state", Cookie="metaplast-token=wrong"), 403, "needs its token")
            status, headers, _ = request(page, "GET", "/?token=right1")
            cookie = headers["set-cookie"]
            assert status == 303 and headers["location"] == "/" and "HttpOnly" in cookie and "SameSite=strict" in cookie
            assert request(page, "GET", "/state", Cookie=cookie.partition(";")[0])[0] == 200

    def test_other_computers_need_one(self):
        assert Address.parse(None, None) == Address(host="127.0.0.1", port=8765, token=None)
        assert Address.parse("[::1]:80", None).token is None and Address.parse("localhost", None).token is None
        everywhere = Address.parse("0.0.0.0:9000", None)
        assert len(everywhere.token or "") == 16 and everywhere.token != Address.parse("0.0.0.0:9000", None).token
        assert everywhere.at(9000) == f"http://0.0.0.0:9000/?token={everywhere.token}" and everywhere.hosts(9000) is None

    @pytest.mark.parametrize("text", ["70000", "", ":80", "host:port", "a:99999999"])
    def test_where_it_cannot_be_is_said(self, text):
        with pytest.raises(HostError, match="cannot listen at"):
            Address.parse(text, None)

    def test_a_port_in_use_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            with pytest.raises(HostError, match="is in use: give another one"):
                Address.parse(str(taken.getsockname()[1]), None).listen()


class TestHowMuchIsTaken:
    def test_no_more_than_a_drawing(self, page):
        refused(ask(page, "/teach", drawing="1" * MOST_ASKED), 413, "too large", "16 KiB")

    def test_no_more_than_a_checkpoint(self, page):
        refused(uploaded(page, b"0" * (MOST_UPLOADED + 1)), 413, "too large", "64 MiB")

    def test_nor_one_that_unpacks_to_more(self, page):
        file = io.BytesIO()
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            archive.writestr("weights_1.npy", b"0" * (MOST_UPLOADED + 1))
        refused(uploaded(page, file.getvalue()), 400, "unpacked", "64 MiB")

    @pytest.mark.parametrize("body", ["", "[]", "{", "3", "\xff", "[" * 9000])
    def test_what_is_no_object_is_refused(self, page, body):
        answer = request(page, "POST", "/teach", body.encode("latin-1"))
        refused(answer, 400)

    def test_pages_have_a_bound(self, page):
        host = page.url.removeprefix("http://").rstrip("/")
        connections = []
        for _ in range(MOST_PAGES):
            connections.append(http.client.HTTPConnection(host, timeout=60))
            connections[-1].request("GET", "/events")
            assert connections[-1].getresponse().readline().startswith(b"data: ")
        refused(request(page, "GET", "/events"), 503, "32 pages are open")
        for connection in connections:
            connection.close()
        wait_for(lambda: request_events(page))


def request_events(page):
    """Whether one more page is taken."""
    host = page.url.removeprefix("http://").rstrip("/")
    connection = http.client.HTTPConnection(host, timeout=60)
    connection.request("GET", "/events")
    answer = connection.getresponse()
    connection.close()
    return answer.status == 200


class TestPages:
    def test_a_press_on_one_is_news_for_all(self):
        with served() as page:
            host = page.url.removeprefix("http://").rstrip("/")
            events = [http.client.HTTPConnection(host, timeout=60) for _ in range(2)]
            for each in events:
                each.request("GET", "/events")
            answers = [each.getresponse() for each in events]
            first = [json.loads(answer.readline().removeprefix(b"data: ")) for answer in answers]
            assert [told["symbols"] for told in first] == [[], []]
            assert ask(page, "/symbols", name="heart") == (200, {"symbol": 0})
            for answer in answers:
                names = []
                while names != ["heart"]:
                    line = answer.readline()
                    if line.startswith(b"data: "):
                        names = [symbol["name"] for symbol in json.loads(line.removeprefix(b"data: "))["symbols"]]
            for each in events:
                each.close()

    def test_one_that_closes_in_the_middle_of_a_press_loses_nothing(self):
        with served() as page:
            ask(page, "/symbols", name="heart")
            body = json.dumps({"drawing": drawings(1)[0], "symbol": 0}).encode()
            host, port = page.url.removeprefix("http://").rstrip("/").split(":")
            for _ in range(5):
                with socket.create_connection((host, int(port))) as line:
                    line.sendall(
                        f"POST /teach HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
                    )
            wait_for(lambda: state(page)["tally"]["samples"] == 5)
            assert page.lesson.save().samples == 5

    def test_one_that_closes_in_the_middle_of_a_request_changes_nothing(self):
        with served() as page:
            host, port = page.url.removeprefix("http://").rstrip("/").split(":")
            with socket.create_connection((host, int(port))) as line:
                line.sendall(f'POST /symbols HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 99\r\n\r\n{{"name":'.encode())
            assert ask(page, "/symbols", name="heart") == (200, {"symbol": 0})
            assert len(state(page)["symbols"]) == 1

    def test_a_board_that_has_gone_is_one_sentence(self):
        opener = ModelOpener()
        with served(open_board=opener) as page:
            opener.model.feed = lambda data: b""
            refused(ask(page, "/think", drawing="1" * 784), 502, "the board in Python")
            assert "what was taught is kept" in state(page)["note"]["text"]


class TestCheckpoints:
    def test_what_is_saved_is_loaded_again(self):
        with served() as page, served() as other:
            ask(page, "/symbols", name="heart")
            ask(page, "/rehearsal", size=20, per=2)
            for text in drawings(4):
                assert ask(page, "/teach", drawing=text, symbol=0)[0] == 200
            status, headers, content = request(page, "GET", "/checkpoint")
            assert status == 200 and headers["content-disposition"] == 'attachment; filename="metaplast.npz"'
            assert uploaded(other, content)[0] == 200
            assert request(other, "GET", "/checkpoint")[2] == content
            assert state(other)["symbols"][0]["name"] == "heart" and state(other)["rehearsal"]["size"] == 20
            assert ask(other, "/anew") == (200, {})
            assert state(other)["symbols"] == [] and other.lesson.save().samples == 0

    def test_what_is_none_or_of_another_size_leaves_everything_as_it_was(self):
        with served(open_board=ModelOpener()) as page:
            ask(page, "/symbols", name="heart")
            before = state(page)
            large = file_of(Checkpoint.initial(Network.of(layers=(784, 100, 10))))
            refused(uploaded(page, large), 400, "110 rows", "the board has 32")
            refused(
                uploaded(page, file_of(Checkpoint.initial(Network.of(layers=(30, 8, 2))))), 400, "30 inputs", "784 = 28 x 28"
            )
            for content in (b"", b"PK", large[:1000], large[:-100], b"x" * 1000):
                refused(uploaded(page, content), 400, "the file")
            assert state(page) == before

    def test_it_is_written_after_what_was_taught_and_at_the_end(self, tmp_path):
        with served(save=tmp_path / "a.npz") as page:
            ask(page, "/symbols", name="heart")
            ask(page, "/teach", drawing=drawings(1)[0], symbol=0)
            wait_for(lambda: (tmp_path / "a.npz").exists())
            assert checkpoint.load(tmp_path / "a.npz").samples == 1
            ask(page, "/teach", drawing=drawings(1)[0], symbol=0)
            page.save()
            kept = checkpoint.load(tmp_path / "a.npz")
            assert kept.samples == 2 and kept.meaning.labels == ("heart",)


class TestPlaying:
    def test_digits_are_learned_as_if_somebody_drew_them(self, page):
        ask(page, "/symbols", name="heart")
        assert ask(page, "/digits", samples=50) == (200, {})
        wait_for(lambda: state(page)["plays"] is None)
        assert [symbol["name"] for symbol in state(page)["symbols"]] == ["heart", *"0123456789"]
        pixels, labels = digits.to_learn()
        with compiled() as beside:
            beside.begin(page.kept.kept.network)
            beside.train(pixels[:50], labels[:50] + 1)
            assert page.lesson.save().weights_crc32 == beside.checkpoint.weights_crc32

    def test_they_need_room_and_their_size(self):
        with served(small(classes=9)) as page, served(small(side=8)) as other:
            refused(ask(page, "/digits", samples=50), 400, "room for 9 symbols", "10 more")
            refused(ask(other, "/digits", samples=50), 400, "64 inputs", "784")
            assert state(page)["symbols"] == []
            for samples in (0, "50", None, 10**6):
                refused(ask(page, "/digits", samples=samples), 400, "the number of digits is")
            for samples in (99, 3001, 0.5):
                refused(ask(page, "/stream", samples=samples), 400, "the number of samples of a task is")

    def test_the_stream_is_two_networks_that_differ_in_the_rule_alone(self, page):
        """Given a page, when a stream has played, each side is what a board of its own makes of it; nothing taught is lost."""
        before = page.lesson.save()
        assert ask(page, "/stream", samples=120) == (200, {})
        refused(ask(page, "/digits", samples=5), 409, "wait")
        wait_for(lambda: state(page)["plays"] is None)
        stream = state(page)["stream"]
        pixels, labels = digits.to_learn()
        network = page.player.contest.network
        for side, plays in zip(stream["sides"], (network, without_rule(network)), strict=True):
            with compiled() as beside:
                beside.begin(plays)
                for task, (_, seed) in enumerate(TASKS):
                    part = slice(120 * task, 120 * task + 120)
                    beside.train(permute(pixels[part], seed), labels[part])
                images, truth = digits.to_look_at(stream["tests"])
                last = [accuracy(beside, permute(images, seed), truth) for _, seed in TASKS]
            assert side["looks"][-1] == last and len(side["looks"]) == len(stream["at"]) == 36
        assert stream["sides"][0]["looks"] != stream["sides"][1]["looks"]
        assert page.lesson.save().weights_crc32 == before.weights_crc32 == page.kept.keep().weights_crc32

    def test_it_is_stopped(self, page):
        ask(page, "/stream", samples=3000)
        wait_for(lambda: state(page)["stream"] and state(page)["stream"]["samples"] == 3000)
        ask(page, "/stop")
        wait_for(lambda: state(page)["plays"] is None)
        assert state(page)["taken"] is None and len(state(page)["stream"]["at"]) < 36

    def test_rehearsal_is_switched_on_and_off(self, page):
        assert ask(page, "/rehearsal", size=30, per=3)[0] == 200
        assert page.lesson.save().rehearsal == Rehearsal(size=30, per=3)
        refused(ask(page, "/rehearsal", size=-1), 400, "size of the rehearsal")
        assert ask(page, "/rehearsal", size=0)[0] == 200
        assert page.lesson.save().rehearsal.size == 0
