"""An answer that comes after its time is over is no answer: it is neither counted nor logged."""

from __future__ import annotations

import asyncio
import json
from threading import Event

from mlwright.serving.scorer import Scorer

from .conftest import ROW


def test_rows_that_were_answered_too_late_are_not_counted(service, monkeypatch):
    told, answer = Event(), Scorer.answer
    post = service(answer_s=0.0)
    desk = post.app.desk

    def slow(scorer, rows):
        assert told.wait(30)
        return answer(scorer, rows)

    monkeypatch.setattr(Scorer, "answer", slow)

    async def ask():
        answers, ended = asyncio.Queue(), asyncio.Event()
        leave = desk.room.leave_thread
        monkeypatch.setattr(desk.room, "leave_thread", lambda: (leave(), ended.set()))
        desk.ask("/predict", {}, b"", json.dumps([ROW] * 50).encode(), answers.put_nowait)
        first = await answers.get()
        told.set()
        await ended.wait()
        await asyncio.sleep(0)
        assert answers.empty()
        return first

    assert asyncio.run(ask()).status == 504
    lines = desk.live.counters.text().decode().splitlines()
    assert "mlwright_rows_total 0" in lines or "mlwright_rows_total 0.0" in lines
    assert desk._gate.inside == 0
