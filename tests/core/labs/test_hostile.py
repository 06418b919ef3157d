"""A learner's file may do anything: each ends in words, soon, with all that it started, and the next check is right."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.labs.catalog import LABS
from core.labs.workbench import Workbench

LAB = LABS["class-means"]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="ends what was started by a feature of Linux")
SLACK = 4.0  # seconds that a busy machine may add


def with_body(code: str) -> str:
    """The right file, which does something else first, in its line 17."""
    body = "".join(f"    {line}\n" for line in code.splitlines())
    return LAB.solution.replace("    members =", f"{body}    members =", 1)


HOSTILE = {
    "while True: pass": ("endless-at", "line 17"),
    "import time; time.sleep(100)": ("endless-at", "line 17"),
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass": ("endless-at", "seconds"),
    "while True: print('x' * 1000)": ("too-much-output", "prints too much"),
    "import os\nwhile True: os.write(2, b'x' * 60000)": ("too-much-output", "prints too much"),
    "import os; os._exit(0)": ("ended-itself", "ended itself"),
    "import sys; sys.exit()": ("ended-itself", "ended itself"),
    "import os, signal; signal.raise_signal(signal.SIGKILL)": ("crashed", "signal 9"),
    "raise BaseException('out')": ("raises", "Line 17 raises BaseException: out"),
    "raise KeyboardInterrupt": ("raises", "Line 17 raises KeyboardInterrupt"),
    "class E(Exception):\n  def __str__(self): return 1 / 0\nraise E": ("raises", "raises E"),
    "def again(): return again()\nagain()": ("raises", "Line 17 raises RecursionError"),
    "1 / 0": ("raises", "It reads: 1 / 0"),
    "import torch; torch.zeros(10**10)": ("too-much-memory", "more memory"),
    "bytearray(10**10)": ("too-much-memory", "more memory"),
    "import torch\nkeep = []\nwhile True: keep.append(torch.empty(10**7))": ("too-much-memory", "more memory"),
    "import ctypes; ctypes.string_at(0)": ("crashed", "signal 11"),
    "import os; open('a', 'w').close(); [os.remove(name) for name in os.listdir()]": ("passed", ""),
    "open('big', 'wb').write(b'x' * 10**8)": ("raises", "File too large"),
    "[open(f'{i}', 'w') for i in range(1000)]; keep = [open(f'{i}') for i in range(1000)]": ("raises", "Too many"),
    "import socket; socket.create_connection(('127.0.0.1', 80))": ("forbidden", "the network"),
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1')": ("forbidden", "the network"),
    "import subprocess; subprocess.run(['ls'])": ("forbidden", "another program"),
    "import os; os.system('ls')": ("forbidden", "another program"),
    "import os; os.fork()": ("forbidden", "another program"),
    "import os; os.kill(os.getppid(), 9)": ("forbidden", "another program"),
    "open('/etc/passwd').read()": ("forbidden", "a file outside"),
    "open('../x', 'w')": ("forbidden", "a file outside"),
    f"import os; os.remove({__file__!r})": ("forbidden", "a file outside"),
    f"import os; os.listdir({str(Path.home())!r})": ("forbidden", "a file outside"),
    "return": ("returns-nothing", "`return`"),
    "return 'means', 2": ("wrong-type", "type str"),
    "return queries": ("wrong-count", "means, log_probabilities"),
    "return queries, queries": ("wrong-shape", "[1, 2]"),
    "return support[:way] * float('nan'), queries": ("not-finite", "nan"),
    "queries = queries * 1.5": ("differs", "log_probabilities is not what it should be"),
    "import torch; return torch.zeros(500, 500), 1": ("too-many-results", "larger"),
    "x = (": ("not-python", "Line 17"),
    "raise NotImplementedError('x')": ("raises", "NotImplementedError"),
}


@pytest.mark.parametrize("code", HOSTILE)
def test_it_ends_in_words_and_soon(bench, code):
    kind, part = HOSTILE[code]
    started = time.monotonic()
    verdict = bench.check(with_body(code), LAB)
    assert time.monotonic() - started < 2 + SLACK
    assert ("passed" if verdict.passed else verdict.mistake, part in verdict.said) == (kind, True), verdict
    assert bench.check(LAB.solution).passed


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("x = 1", "no-function"), ("classify_by_means = 3", "no-function"), ("def classify_by_means(a:", "not-python"),
        (LAB.skeleton, "not-written-yet"), ("import nothing_like_it", "raises"), ("\0", "not-python"),
        ("while True: pass", "endless-at"), ("classify_by_means = print", "returns-nothing"),
        ("def classify_by_means(): pass", "raises-elsewhere"), ("(" * 9000, "not-python"),
    ],
)  # fmt: skip
def test_a_file_without_its_function_is_said(bench, source, kind):
    assert bench.check(source, LAB).mistake == kind


def test_what_it_prints_is_no_result_and_comes_back(bench):
    code = "import os\nprint({'kind': 'passed', 'end': True})\nprint(sorted(os.environ), os.listdir())\nreturn 1, 2"
    verdict = bench.check(with_body(code), LAB)
    assert not verdict.passed and "'passed'" in verdict.output and "[] []" in verdict.output


MADE_UP = [
    '{"end": true}', '{"kind": "passed", "end": true}', '{"outcome": 1}', "[]", "7", "x", '{"error": "passed"}',
    '{"end": true}\\n{"outcome": 1}', '{"error": "raises", "values": {}}', "[" * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("line", MADE_UP)
def test_a_made_up_answer_is_no_pass(bench, line):
    """Who looks for the pipe can write to it: what counts is still what it says that the function has returned."""
    write = f"  try: os.write(i, b'{line}\\n')\n  except OSError: pass\n"
    verdict = bench.check(with_body(f"import os\nfor i in range(3, 64):\n{write}os._exit(0)"), LAB)
    assert verdict.mistake in ("unreadable", "ended-itself")


FORKS = """import ctypes, os
c = ctypes.CDLL(None)
for i in range(3):
  if c.fork() == 0:
    c.setsid()
    c.fork()
    c.prctl(15, b"{mark}", 0, 0, 0)
    {work}
"""


def named(mark: str) -> list[str]:
    """Processes that have given themselves this name."""
    names = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            names += [folder.name] if (folder / "comm").read_text().strip() == mark else []
    return names


@LINUX
@pytest.mark.parametrize("work", ["while True: pass", "import time; time.sleep(60)"])
def test_all_that_it_started_ends_with_it(bench, work):
    mark = f"lab{os.getpid()}"
    bench.check(with_body(FORKS.format(mark=mark, work=work)), LAB)
    assert not named(mark)


@LINUX
def test_as_many_processes_as_it_can_start_end_within_five_seconds(bench):
    started = time.monotonic()
    code = "import ctypes\nc = ctypes.CDLL(None)\nc.prctl(15, b'labbomb', 0, 0, 0)\nfor i in range(10): c.fork()\n"
    assert bench.check(with_body(code + "while True: pass"), LAB).mistake.startswith("endless")
    assert time.monotonic() - started < 5 + SLACK and not named("labbomb")
    assert bench.check(LAB.solution).passed


def test_no_folder_is_left(bench):
    code = "import os; open('a', 'w').write('x'); os.makedirs(f'b{len(os.listdir())}'); print(os.getcwd())"
    folder = Path(bench.check(with_body(code), LAB).output.split()[0])
    assert folder.is_absolute() and not folder.exists()


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("torch.autograd.grad(queries.detach().sum(), queries)", "Nothing leads back"),
        ("torch.autograd.grad(queries, queries)", "a single number"),
        ("torch.autograd.grad(support.sum(), queries)", "does not depend on the tensor"),
        ("y = queries.exp()\nfor _ in 'ab': torch.autograd.grad(y.sum(), queries)", "thrown away"),
        ("y = queries.exp()\ny += 1\ntorch.autograd.grad(y.sum(), queries)", "needs was changed in place"),
        ("torch.ones(2, requires_grad=True).add_(1)", "cannot be changed in place"),
        ("y = queries * 2; y.sum().backward(); 2 * y.grad", "kept for leaf tensors alone"),
        ("0.1 * torch.autograd.grad(queries.sum(), queries)", "returns a tuple"),
        ("torch.ones(2, 2).long() @ queries.T", "one_hot gives them"),
        ("torch.ones(2) + torch.ones(3)", "dimension by dimension"),
        ("torch.ones(2, 3) @ torch.ones(2, 3)", "is a transpose missing"),
    ],
)
def test_what_pytorch_says_is_explained(bench, code, part):
    verdict = bench.check(with_body(f"import torch\n{code}"), LAB)
    assert verdict.mistake == "raises" and part in verdict.said and "Error: " in verdict.said


def test_what_pytorch_imports_late_does_not_take_the_time_of_a_try(bench):
    lab = LABS["inner-step"]
    body = (
        "slope = torch.func.grad(lambda phi: loss(phi).sum())\n    phi = theta\n"
        "    for _ in range(steps):\n        phi = phi - inner_rate * slope(phi)\n    return phi"
    )
    assert bench.check(lab.skeleton.replace('raise NotImplementedError("write it here")', body)).passed


def test_a_tuple_is_no_tensor(bench):
    lab = LABS["meta-gradient"]
    verdict = bench.check(lab.solution.replace("return outer", "return (outer,)"))
    assert verdict.mistake == "wrong-type" and "tuple" in verdict.said


def test_a_judge_that_has_died_is_started_again():
    with Workbench() as own:
        assert own.check(LAB.solution).passed
        own._process.kill()
        own._process.wait()
        assert own.check(LAB.solution).passed


def test_a_judge_ends_with_whoever_asked_it():
    code = "from core.labs.workbench import Workbench; b = Workbench(); b.warm(); print(b._process.pid)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    until = time.monotonic() + 10
    while Path(f"/proc/{done.stdout.strip()}").exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert not Path(f"/proc/{done.stdout.strip()}").exists()


@LINUX
def test_a_judge_and_its_try_end_when_who_asked_is_killed():
    endless = "import ctypes; ctypes.CDLL(None).prctl(15, b'labalone', 0, 0, 0)\nwhile True: pass\ndef attend(): pass"
    code = "from core.labs.workbench import Workbench; b = Workbench(); b.warm(); print(b._process.pid, flush=True)"
    code += f"; b.check({endless!r})"
    asking = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    judge = Path(f"/proc/{asking.stdout.readline().strip()}")
    until = time.monotonic() + 20
    while not named("labalone") and time.monotonic() < until:
        time.sleep(0.01)
    asking.kill()
    asking.wait()
    asking.stdout.close()
    while (judge.exists() or named("labalone")) and time.monotonic() < until:
        time.sleep(0.01)
    assert not judge.exists() and not named("labalone")


def test_the_judge_knows_nothing_of_the_server_s_environment(monkeypatch):
    monkeypatch.setenv("META_SECRET", "1234")
    code = "import ctypes; get = ctypes.CDLL(None).getenv; get.restype = ctypes.c_char_p; print(get(b'META_SECRET'))"
    with Workbench() as own:
        assert own.check(with_body(code), LAB).output.startswith("None")
        assert "1234" not in own.check(with_body("import os; print(os.environ)"), LAB).output


def test_a_check_is_quick_on_a_warm_judge(bench):
    bench.check(LAB.solution)
    times = []
    for _ in range(9):
        started = time.monotonic()
        assert bench.check(LAB.solution).passed
        times.append(time.monotonic() - started)
    assert sorted(times)[4] < 1
