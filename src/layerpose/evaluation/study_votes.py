"""Who was shown what in which order, and what they chose -> an SQLite file that a crash leaves whole.

Every vote is on the disk before it is acknowledged, and counts once however often it is sent.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np

from layerpose.evaluation.study import Study

FILE = "votes.sqlite"
PATIENCE_S = 30.0
"""How long a writer waits for another one."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS voters (
    number INTEGER PRIMARY KEY, voter TEXT UNIQUE NOT NULL, orders TEXT NOT NULL, started TEXT DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE IF NOT EXISTS votes (
    voter TEXT NOT NULL REFERENCES voters (voter), question INTEGER NOT NULL, method INTEGER NOT NULL,
    at TEXT DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (voter, question)
);
"""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What one person sees: the questions in their order, and for each place the methods in theirs."""

    questions: tuple[int, ...]
    methods: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One choice."""

    voter: str
    question: int
    method: int


def draw_order(num_questions: int, num_methods: int, generator: np.random.Generator) -> Order:
    """Questions and methods shuffled."""
    return Order(
        questions=tuple(generator.permutation(num_questions).tolist()),
        methods=tuple(tuple(generator.permutation(num_methods).tolist()) for _ in range(num_questions)),
    )


class Votes:
    """The votes of a study. Safe to use from many threads and processes: every call opens the file anew."""

    def __init__(self, study: Study) -> None:
        self.study = study
        with self._open() as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.executescript(SCHEMA)

    def start(self) -> str:
        """A new person with an order of their own; returns the name that only their browser knows."""
        voter = secrets.token_urlsafe(12)
        with self._open() as database, database:
            database.execute("BEGIN IMMEDIATE")
            number = database.execute("SELECT COUNT(*) FROM voters").fetchone()[0]
            generator = np.random.default_rng([self.study.seed, number])
            order = draw_order(len(self.study.pairs), len(self.study.methods), generator)
            record = json.dumps([order.questions, order.methods])
            database.execute("INSERT INTO voters (voter, orders) VALUES (?, ?)", (voter, record))
        return voter

    def order(self, voter: str) -> Order:
        """What this person sees. KeyError for somebody unknown."""
        with self._open() as database:
            row = database.execute("SELECT orders FROM voters WHERE voter = ?", (voter,)).fetchone()
        if row is None:
            raise KeyError(voter)
        questions, methods = json.loads(row[0])
        return Order(questions=tuple(questions), methods=tuple(map(tuple, methods)))

    def cast(self, voter: str, place: int, choice: int) -> None:
        """Keep the choice (counted from 0, as shown) at a place of a person's order; a later one replaces it."""
        order = self.order(voter)
        vote = (voter, order.questions[place], order.methods[place][choice])
        with self._open() as database, database:
            database.execute(
                "INSERT INTO votes (voter, question, method) VALUES (?, ?, ?) ON CONFLICT (voter, question) "
                "DO UPDATE SET method = excluded.method, at = CURRENT_TIMESTAMP",
                vote,
            )

    def answered(self, voter: str) -> dict[int, int]:
        """The places where a person has chosen -> the choice as shown. KeyError for somebody unknown."""
        order = self.order(voter)
        with self._open() as database:
            rows = dict(database.execute("SELECT question, method FROM votes WHERE voter = ?", (voter,)).fetchall())
        return {
            place: order.methods[place].index(rows[question])
            for place, question in enumerate(order.questions)
            if question in rows
        }

    def all(self) -> list[Vote]:
        """Every vote, in the order of people and questions."""
        with self._open() as database:
            rows = database.execute(
                "SELECT votes.voter, question, method FROM votes JOIN voters USING (voter) ORDER BY number, question"
            ).fetchall()
        return [Vote(voter=voter, question=question, method=method) for voter, question, method in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        path = self.study.folder / FILE
        try:
            with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = FULL")
                yield database
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path} cannot be used ({error}); free the disk or restore the file") from error
