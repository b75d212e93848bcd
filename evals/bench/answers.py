"""`python -m evals.bench.answers`: what a language model makes of a suite, through ours and through plainer systems.

Each case of a fixed sample is asked of every system before the next case, in an order that rotates, so that what else
the machine does is shared. Answers are added to a transcript a system as they come; a case that is there is not asked
again. `--score` reads the transcripts alone, without the model.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.bench import answer_scores
from evals.bench.tables import machine
from evals.bench.transcripts import Line, add, kept, lines_of, shown
from evals.cases import Case, Split, load_suite, of_split
from evals.errors import EvalError
from evals.run import write_whole
from index.errors import RagError
from index.types import IndexState
from rag.answering.prompt import declines
from rag.asking.followup import standalone
from rag.types import LLM, Answer, Citation, RetrievedPassage, Statement
from rag.verification.cite import parse, without_markers

if TYPE_CHECKING:
    from rag.pipeline import Pipeline
    from rag.settings import LanguageModel

OURS, EXTRACT, PLAIN, CITING = answer_scores.SYSTEMS
LONG = answer_scores.LONG
NAMES = (*answer_scores.SYSTEMS, LONG)
RUN = "run.json"
PASSAGES = 4
"""Passages of ours that the plain prompt holds."""
_PLAIN = """Answer the question only from these sources. Cite each source that you use by its number, like [1]. \
If the sources do not hold the answer, say only: The sources do not say.

{sources}

Question: {question}
Answer:"""
_LONG = """Write six sentences that tell what these sources say about the question. Say only what they say, in words \
of your own, one fact a sentence, and cite the source of each by its number, like [1].

{sources}

Question: {question}
Six sentences:"""

Ask = Callable[[Case], Answer]


@dataclass(frozen=True, slots=True)
class Options:
    """Where everything is, and how the model is run."""

    model: LanguageModel
    home: Path
    docs: Path


def main(
    gguf: Annotated[Path | None, typer.Option(help="The model's file.", dir_okay=False, exists=True)] = None,
    base_url: Annotated[str, typer.Option(help="Instead of a file: an endpoint of OpenAI's protocol.")] = "",
    model: Annotated[str, typer.Option(help="The endpoint's model.")] = "",
    home: Annotated[Path, typer.Option(help="The home where the documents are indexed.")] = Path(".home"),
    out: Annotated[Path, typer.Option(help="The folder of the transcripts.")] = Path("evals/transcripts/run"),
    score: Annotated[Path | None, typer.Option(help="Score the transcripts of this folder; ask nothing.")] = None,
    labels: Annotated[
        Path, typer.Option(help="What a reader says of the statements called supported.")
    ] = answer_scores.LABELS,
    docs: Annotated[Path, typer.Option(help="The documents.")] = Path("seeds"),
    suite: Annotated[Path, typer.Option(help="The questions.")] = Path("evals/suites/seeds.jsonl"),
    split: Annotated[str, typer.Option(help="Which half is sampled: tune or test.")] = "test",
    number: Annotated[int, typer.Option(min=1, help="Cases of the sample.")] = 40,
    skip: Annotated[int, typer.Option(min=0, help="Leave out the cases that a sample of so many has.")] = 0,
    system: Annotated[list[str] | None, typer.Option(help=f"Any of {', '.join(NAMES)}; the first four.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Threads of the model.")] = 2,
    timeout: Annotated[float, typer.Option(help="Seconds that one reply may take.")] = 900,
) -> None:
    """Ask a sample of a suite of each system, or score what was said."""
    try:
        half = of_split(load_suite(suite), _split(split))
        seen = {case.id for case in sample(half, skip)}
        cases = [case for case in sample(half, skip + number) if case.id not in seen]
        if score is None:
            options = Options(_model(gguf, base_url, model, threads, timeout), home, docs)
            _begin(options, out)
            with _opened(options, _systems(system)) as systems:
                ask(systems, cases, out)
            if _systems(system) == (LONG,):
                return
        sys.stdout.write(answer_scores.render(score or out, cases, docs, labels) + "\n")
    except RagError as error:
        _say(str(error))
        raise typer.Exit(1) from error


def sample(cases: Sequence[Case], number: int) -> tuple[Case, ...]:
    """So many of `cases`, of each kind in proportion (largest remainders), chosen and ordered by digests of their ids.

    The first of a sample are a fair sample of it.
    """
    kinds = sorted({case.kind for case in cases})
    exact = {kind: number * sum(case.kind == kind for case in cases) / len(cases) for kind in kinds}
    quota = {kind: int(share) for kind, share in exact.items()}
    for kind in sorted(kinds, key=lambda kind: (quota[kind] - exact[kind], kind))[: number - sum(quota.values())]:
        quota[kind] += 1
    order = sorted(cases, key=lambda case: hashlib.sha256(case.id.encode()).hexdigest())
    chosen = {case.id for kind in kinds for case in [c for c in order if c.kind == kind][: quota[kind]]}
    return tuple(case for case in order if case.id in chosen)


def ask(systems: Mapping[str, Ask], cases: Sequence[Case], out: Path) -> None:
    """Ask each system what is not in its transcript in `out` yet, and add it there.

    Raises: EvalError, when a transcript cannot be written, or does not read.
    """
    names = list(systems)
    done = {name: set(lines_of(out / f"{name}.jsonl")) for name in names}
    for at, case in enumerate(cases):
        turn = at % len(names)
        for name in (*names[turn:], *names[:turn]):
            if case.id not in done[name]:
                line = _line(case, name, systems[name])
                add(line, out / f"{name}.jsonl")
                _say(f"{at + 1}/{len(cases)} {case.id} {name}: {line.error or f'{line.seconds:.1f} s'}")


def plain(question: str, passages: Sequence[RetrievedPassage], llm: LLM, *, long: bool = False) -> Answer:
    """What the model says to one strict prompt, or `long` to one for six sentences, taken at its word.

    Raises: LLMFailed.
    """
    sources = "\n\n".join(f"[{item.label}] {item.passage.text}" for item in passages)
    prompt = (_LONG if long else _PLAIN).format(sources=sources, question=question)
    return taken(question, llm.complete(prompt), passages)


def taken(question: str, reply: str, passages: Sequence[RetrievedPassage]) -> Answer:
    """A reply as an answer, nothing of it checked: each passage that it cites is cited whole."""
    reply = reply.strip()
    refused = not reply or reply == "Empty Response" or declines(without_markers(reply))
    said = () if refused else parse(reply)
    cited = {label for sentence in said for label in sentence.labels}
    return Answer(
        question=question,
        standalone_question=question,
        status="refused" if refused else "answered",
        reason="model_declined" if refused else None,
        text=reply,
        statements=tuple(Statement(s.text, s.labels, "supported" if s.labels else "uncited") for s in said),
        citations=tuple(
            Citation(p.label, "supported", p.source, None, p.passage.span, p.passage.text)
            for p in passages
            if p.label in cited
        ),
        passages=tuple(passages),
        conflicts=(),
        answerer="llm",
        model=None,
        settings_fingerprint="",
        index=IndexState("", 0, 0),
        timings_ms={},
    )


@contextmanager
def _opened(options: Options, names: Sequence[str]) -> Iterator[Mapping[str, Ask]]:
    """The systems that `names` name, over one model in one process, with all that is loaded once loaded already."""
    from index.embed import embedder_of
    from rag.answering.extract import ExtractAnswerer
    from rag.answering.llm import LlamaIndexLLM, LLMAnswerer
    from rag.pipeline import Pipeline
    from rag.providers import open_llama
    from rag.settings import load

    settings = load(home=options.home)
    embedder = embedder_of(settings.for_index())
    with ExitStack() as stack:
        chat, tokens = stack.enter_context(open_llama(options.model))
        llm = LlamaIndexLLM(chat, tokens)
        made: dict[str, Ask] = {}
        for name in names:
            if name == CITING:
                from evals.bench import baselines

                store = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rag-bench-")))
                made[name] = citing(
                    baselines.citing_engine(options.docs, store, baselines.loaded(), chat), options.docs
                )
                continue
            pipeline = Pipeline(settings, embedder, LLMAnswerer(llm) if name == OURS else ExtractAnswerer())
            stack.callback(pipeline.close)
            pipeline.warm()
            made[name] = _plain(pipeline, llm, name) if name in (PLAIN, LONG) else _whole(pipeline)
        llm.complete("Say yes.")  # loads the model
        yield made


def _whole(pipeline: Pipeline) -> Ask:
    return lambda case: pipeline.ask(case.question, history=case.turns)


def _plain(pipeline: Pipeline, llm: LLM, name: str) -> Ask:
    def asked(case: Case) -> Answer:
        question = standalone(case.question, case.turns)
        return plain(question, pipeline.retrieve(question, PASSAGES), llm, long=name == LONG)

    return asked


def citing(engine: Callable[[str], tuple[str, list[tuple[str, str]]]], docs: Path) -> Ask:
    """A system that gives an engine's reply, taken at its word, over the words of `docs` that it was given."""
    text_of = answer_scores.texts(docs)

    def asked(case: Case) -> Answer:
        question = standalone(case.question, case.turns)
        reply, sources = engine(question)
        passages = [
            shown(label, path, answer_scores.place(chunk, text_of(path)), text_of)
            for label, (path, chunk) in enumerate(sources, start=1)
        ]
        return taken(question, reply, passages)

    return asked


def _line(case: Case, name: str, system: Ask) -> Line:
    begun = time.perf_counter()
    try:
        reply, error = kept(system(case)), None
    except Exception as failure:  # noqa: BLE001 - whatever a system does is a result
        reply, error = None, f"{type(failure).__name__}: {failure}"
    return Line(case.id, name, round(time.perf_counter() - begun, 2), reply, error)


def _begin(options: Options, out: Path) -> None:
    """Say in `out` which model speaks there.

    Raises: EvalError, when another did before.
    """
    path = options.model.path
    digest = _digest(path) if path else None
    told = out / RUN
    if told.exists():
        if json.loads(told.read_text("utf-8"))["sha256"] != digest:
            raise EvalError(f"The transcripts in {str(out)!r} are of another model; choose another --out.")
        return
    about = {
        "model": path.name if path else options.model.model,
        "sha256": digest,
        "threads": options.model.threads if path else None,
        "machine": machine(),
        "versions": {name: version(name) for name in ("xllamacpp", "llama-index-core")},
    }
    out.mkdir(parents=True, exist_ok=True)
    write_whole(told, (json.dumps(about, indent=1) + "\n").encode())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _model(gguf: Path | None, base_url: str, model: str, threads: int, timeout: float) -> LanguageModel:
    from rag.settings import LanguageModel

    if gguf is not None:
        return LanguageModel(provider="gguf", path=gguf, threads=threads, timeout=timeout, first_token_timeout=timeout)
    if base_url and model:
        return LanguageModel(
            provider="openai", base_url=base_url, model=model, timeout=timeout, first_token_timeout=timeout
        )
    raise typer.BadParameter("name the model's file with --gguf, an endpoint with --base-url and --model, or --score")


def _split(told: str) -> Split:
    if told not in ("tune", "test"):
        raise typer.BadParameter(f"there is no half {told!r}; there are tune and test.")
    return "tune" if told == "tune" else "test"


def _systems(told: Sequence[str] | None) -> tuple[str, ...]:
    unknown = [name for name in told or () if name not in NAMES]
    if unknown:
        raise typer.BadParameter(f"there is no system {unknown[0]!r}; there are {', '.join(NAMES)}.")
    return tuple(told or answer_scores.SYSTEMS)


def _say(line: str) -> None:
    sys.stderr.write(f"answers: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    typer.run(main)
