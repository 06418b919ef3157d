"""Record how all methods do on drawings unlike those of their training:  python -m lessons.record domains

It needs Omniglot, and takes a quarter of an hour.
"""

import json

from core.demos.questions import CompareMethods
from core.dispatch import answer
from lessons.demos import domains

TASKS, QUERIES = 60, 3


def main() -> None:
    """Write lessons/recorded/domains.json."""
    rows = []
    for domain, (data, change) in domains.DOMAINS.items():
        for shots in domains.SHOTS:
            asked = CompareMethods(data=data, change=change, way=domains.WAY, shots=shots, queries=QUERIES, tasks=TASKS)
            last = {event.name: event for event in answer(asked)}
            rows += [
                {
                    "domain": domain, "method": name, "shots": shots, "score": round(event.score, 5),
                    "half": round(event.half, 5), "tasks": event.tasks,
                }
                for name, event in last.items()
            ]  # fmt: skip
            print(domain, shots, {name: round(event.score, 3) for name, event in last.items()}, flush=True)
    domains.RECORDED.write_text(json.dumps({"rows": rows}) + "\n", encoding="utf-8")
    print(f"wrote {domains.RECORDED}")


if __name__ == "__main__":
    main()
