"""Siamese networks: the weighted distance by hand, balanced pairs by hand, and Lake's one-shot runs."""

import io
import math
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from core.dispatch import run
from core.events import OuterStep, Verified
from core.methods.siamese import algorithm as siamese
from core.methods.siamese.config import SiameseConfig
from core.registry import comparison_of, config_for
from core.seeding import generator
from core.tasks import episodes, oneshot
from core.tasks.config import Episodes
from core.tasks.download import DataError
from core.training import metric
from tests.conftest import REAL, needs_real

TASK = Episodes(data="glyphs", way=4, shots=1, queries=1, width=4)


def test_the_logit_is_the_weighted_sum_of_differences_by_hand():
    queries = torch.tensor([[[1.0, 2.0], [0.0, 0.0]]])
    support = torch.tensor([[[1.0, 4.0], [3.0, -1.0], [0.0, 0.0]]])
    head = torch.tensor([-0.5, -2.0, 1.0])  # two weights and the bias
    expected = torch.tensor([[[1 - 4.0, 1 - 1 - 6.0, 1 - 0.5 - 4.0], [1 - 0.5 - 8.0, 1 - 1.5 - 2.0, 1.0]]])
    assert_close(siamese.logits(queries, support, head), expected)


def bce(logit, label):
    p = 1 / (1 + math.exp(-logit))
    return -math.log(p if label else 1 - p)


@pytest.mark.parametrize("negatives", ["all", "hardest"])
def test_both_kinds_of_pairs_weigh_the_same(negatives):
    scores = torch.randn(2, 3, 3, generator=generator(0, "test"), dtype=torch.double)
    same = torch.eye(3, dtype=torch.bool).expand(2, 3, 3)
    found = siamese.pair_loss(scores, same, negatives)
    for t in range(2):
        s = scores[t].tolist()
        alike = sum(bce(s[i][i], True) for i in range(3)) / 3
        pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
        if negatives == "all":
            apart = sum(bce(s[i][j], False) for i, j in pairs) / 6
        else:
            rows = [max(bce(s[i][j], False) for j in range(3) if j != i) for i in range(3)]
            columns = [max(bce(s[i][j], False) for i in range(3) if i != j) for j in range(3)]
            apart = (sum(rows) + sum(columns)) / 6
        assert found[t].item() == pytest.approx((alike + apart) / 2)


def test_a_class_is_as_likely_as_its_most_similar_picture():
    scores = torch.tensor([[[0.0, 3.0, 1.0, -1.0, 2.0, 5.0]]])  # two shots of three classes
    assert_close(siamese.class_scores(scores, 3), torch.tensor([[[0.0, 3.0, 5.0]]]))


def test_no_picture_is_paired_with_itself():
    batch = episodes.draw(TASK.updated(way=12, within=0.5), 50, generator(0, "test"))
    assert (batch.drawings[..., 0] != batch.drawings[..., 1]).all()
    assert all(len(set(row)) == 12 for row in (batch.characters * 4 + batch.turns).tolist())


def picture(number: int) -> bytes:
    page = np.ones((105, 105), dtype=bool)
    page[5 + number * 4 : 9 + number * 4, 20:80] = False
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, "PNG")
    return buffer.getvalue()


def members():
    """Runs in which query i shows the same bar as support 19 - i."""
    found = {}
    for run_number in range(1, 21):
        name = f"run{run_number:02d}"
        lines = [f"{name}/test/item{i:02d}.png {name}/training/class{21 - i:02d}.png" for i in range(1, 21)]
        found[f"{name}/class_labels.txt"] = "\n".join(lines).encode()
        for i in range(1, 21):
            found[f"{name}/training/class{i:02d}.png"] = picture(i)
            found[f"{name}/test/item{i:02d}.png"] = picture(21 - i)
    return found


@pytest.fixture
def zipped(tmp_path, monkeypatch):
    monkeypatch.setenv("OMNIGLOT_DIR", str(tmp_path))
    oneshot._load.cache_clear()

    def write(content: dict[str, bytes]) -> None:
        with zipfile.ZipFile(tmp_path / oneshot.ARCHIVE, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)

    yield write
    oneshot._load.cache_clear()


def test_runs_pair_each_query_with_its_support(zipped):
    zipped(members())
    runs = oneshot.load()
    assert runs.support.shape == runs.queries.shape == (20, 20, 28, 28)
    assert (runs.answers == 19 - np.arange(20)).all()
    assert np.array_equal(runs.queries[3, 5], runs.support[3, 14])
    config = SiameseConfig(task=TASK.updated(split="alphabets"))
    method = comparison_of(config)
    theta = method.init(0, episodes.draw(TASK, 2, generator(1, "test")))
    score = metric.one_shot_trials(method, theta, config)
    assert score.accuracy == 1.0  # identical pictures: no difference, whatever the weights
    assert (score.way, score.shot, score.episodes, score.transductive) == (20, 1, 20, False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("run07/test/item03.png"), "20 runs of 20"),
        (lambda m: m.pop("run07/class_labels.txt"), "20 runs of 20"),
        (lambda m: m.update({"run07/class_labels.txt": b"\xff\x00 nonsense"}), "20 runs of 20"),
        (lambda m: m.update({"run21/training/class01.png": picture(1)}), "20 runs of 20"),
        (lambda m: m.update({"../evil.png": picture(1)}), "points outside"),
        (lambda m: m.update({"run01/notes.txt": b"hello"}), "no drawing"),
        (lambda m: m.update({"run01/test/item01.png": b"not a picture"}), "no PNG"),
    ],
)
def test_damaged_runs_are_one_clear_error(zipped, change, message):
    content = members()
    change(content)
    zipped(content)
    with pytest.raises(DataError, match=message):
        oneshot.load()


@needs_real
def test_the_real_runs_are_read(monkeypatch):
    monkeypatch.setenv("OMNIGLOT_DIR", str(REAL))
    oneshot._load.cache_clear()
    runs = oneshot.load()
    oneshot._load.cache_clear()
    assert runs.answers[0, :5].tolist() == [7, 8, 1, 18, 9]
    assert 0.02 < (runs.support > 127).mean() < 0.2


@pytest.mark.slow
def test_siamese_learns_generated_glyphs():
    events = list(run(config_for("siamese", "glyphs", ["iterations=300", "test_tasks=100", "report_every=100"])))
    first = next(one for one in events if isinstance(one, OuterStep))
    areas = [one.area for one in events if isinstance(one, Verified)]
    assert areas[-1] > max(areas[0], 0.9)
    assert events[-1].accuracy > max(0.75, first.accuracy_after + 0.1)
