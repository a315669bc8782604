"""Real model ids, and which printed name of the price list is the same model: none where a price
could differ. Every id that is offered a line is right; the others are only asked about."""

import csv
from collections import defaultdict

import pytest

from pricing_assets.contract.names import fold
from pricing_assets.db.statements import data_folder
from pricing_assets.rates.same_model import find_same, spelling

IDS = """\
llm OpenAI
gpt-4o = GPT-4o-128k
gpt-4o-2024-05-13 = GPT-4o-128k
gpt-4o-2024-08-06 = GPT-4o-128k
openai/gpt-4o-2024-11-20 = GPT-4o-128k
openrouter/openai/gpt-4o = GPT-4o-128k
openai:gpt-4o = GPT-4o-128k
GPT 4o = GPT-4o-128k
gpt4o = GPT-4o-128k
openai-gpt-4o = GPT-4o-128k
gpt-4o-2024-08-06 (cached) =
gpt-4o (cached) =
gpt-4o-2024-08-06-batch =
gpt-4o-batch =
gpt-4o:extended =
openai/gpt-4o:free =
chatgpt-4o-latest =
gpt-4o-audio-preview =
gpt-4o-audio-preview-2024-12-17 =
gpt-4o-realtime-preview =
gpt-4o-search-preview-2025-03-11 =
gpt-4o-64k =
ft:gpt-4o-2024-08-06:acme::AbCdEf =
azure/gpt-4o =
acme/gpt-4o =
gpt-4o-mini = GPT-4o-mini-128k
gpt-4o-mini-2024-07-18 = GPT-4o-mini-128k
openai/gpt-4o-mini = GPT-4o-mini-128k
gpt-4o-mini-realtime-preview =
gpt-4o-mini-search-preview =
ft:gpt-4o-mini-2024-07-18:acme::AbCdEf =
gpt-4.1 = GPT-4.1-1M
gpt-4.1-2025-04-14 = GPT-4.1-1M
gpt-4-1 = GPT-4.1-1M
gpt-4.1-mini = GPT-4.1-mini-1M
gpt-4.1-mini-2025-04-14 = GPT-4.1-mini-1M
gpt-4-1-mini = GPT-4.1-mini-1M
gpt-4.1-nano = GPT-4.1-nano-1M
openrouter/openai/gpt-4.1-nano-2025-04-14 = GPT-4.1-nano-1M
gpt-4 =
gpt-4-0613 =
gpt-4-32k =
gpt-4-32k-0314 =
gpt-4-turbo =
gpt-4-turbo-2024-04-09 =
gpt-4-1106-preview =
gpt-4-0125-preview =
gpt-4-vision-preview =
gpt-4.5-preview =
gpt-3.5-turbo =
gpt-3.5-turbo-0125 =
gpt-3.5-turbo-16k-0613 =
gpt-35-turbo =
gpt-5 =
gpt-5-2025-08-07 =
gpt-5-mini = GPT-5.0-Mini-400k
gpt-5-mini-2025-08-07 = GPT-5.0-Mini-400k
gpt-5-nano = GPT-5.0-Nano-400k
gpt-5-nano-2025-08-07 = GPT-5.0-Nano-400k
gpt-5-chat = GPT-5.0-Chat-128k
gpt-5-chat-latest = GPT-5.0-Chat-128k
gpt-5-pro =
gpt-5-codex =
gpt-5.1 =
gpt-5.1-chat-latest =
gpt-5.1-codex-mini =
gpt-5.2 = GPT-5.2-400k
gpt-5.2-2025-12-11 = GPT-5.2-400k
gpt-5.2-chat-latest = GPT-5.2-Chat-128k
gpt-5.2-thinking = GPT-5.2-Thinking-400k
gpt-5.2-pro =
gpt-5.2-codex =
gpt-oss-120b =
o1 =
o1-mini =
o3 =
o3-mini =
o3-mini-2025-01-31 =
o4-mini = GPT-o4-mini-200k
o4-mini-2025-04-16 = GPT-o4-mini-200k
openai/o4-mini = GPT-o4-mini-200k
o4 =
o4-mini-high =
o4-mini-deep-research =
gpt-audio-mini =
gpt-audio-2025-08-28 =
codex-mini-latest =
computer-use-preview =
davinci-002 =
llm Azure
azure/gpt-4o = GPT-4o-128k
azure/eu/gpt-4o-2024-08-06 = GPT-4o-128k
azure/global-standard/gpt-4o-mini = GPT-4o-mini-128k
gpt-4o-mini = GPT-4o-mini-128k
gpt-4.1-2025-04-14 = GPT-4.1-1M
gpt-4-1-nano = GPT-4.1-nano-1M
gpt-5-mini = GPT-5.0-Mini-400k
gpt-5.2-chat = GPT-5.2-Chat-128K
openai/gpt-4o =
gpt-4-turbo =
gpt-35-turbo-16k =
gpt-5-chat =
computer-use-preview =
llm Anthropic
claude-3-7-sonnet-20250219 = Claude-3.7-Sonnet-200k
claude-3-7-sonnet-latest = Claude-3.7-Sonnet-200k
claude-3-7-sonnet@20250219 = Claude-3.7-Sonnet-200k
anthropic/claude-3.7-sonnet = Claude-3.7-Sonnet-200k
us.anthropic.claude-3-7-sonnet-20250219-v1:0 = Claude-3.7-Sonnet-200k
anthropic/claude-3.7-sonnet:thinking =
claude-sonnet-4-20250514 = Claude-4.0-Sonnet-200k
claude-sonnet-4-0 = Claude-4.0-Sonnet-200k
claude-4-sonnet-20250514 = Claude-4.0-Sonnet-200k
anthropic/claude-sonnet-4 = Claude-4.0-Sonnet-200k
claude-sonnet-4@20250514 = Claude-4.0-Sonnet-200k
claude-sonnet-4-thinking = Claude-4.0-Sonnet-Thinking-200k
claude-sonnet-4-5 = Claude-4.5-Sonnet-200k
claude-sonnet-4-5-20250929 = Claude-4.5-Sonnet-200k
anthropic.claude-sonnet-4-5-20250929-v1:0 = Claude-4.5-Sonnet-200k
bedrock/us-east-1/anthropic.claude-sonnet-4-5-20250929-v1:0 = Claude-4.5-Sonnet-200k
bedrock/converse/eu.anthropic.claude-sonnet-4-5-20250929-v1:0 = Claude-4.5-Sonnet-200k
vertex_ai/claude-sonnet-4-5@20250929 = Claude-4.5-Sonnet-200k
projects/p1/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929 = Claude-4.5-Sonnet-200k
arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0 = Claude-4.5-Sonnet-200k
claude-sonnet-4-5[1m] =
claude-sonnet-4-5-1m =
claude-haiku-4-5-20251001 = Claude-4.5-Haiku-200k
claude-opus-4-5-20251101 = Claude-4.5-Opus-200k
anthropic/claude-opus-4.5 = Claude-4.5-Opus-200k
anthropic.claude-opus-4-6-v1 = Claude-4.6-Opus-200k
claude-opus-4-6 = Claude-4.6-Opus-200k
claude-opus-4-6-fast =
claude-opus-4-20250514 =
claude-opus-4-1-20250805 =
claude-3-opus-20240229 =
claude-3-sonnet-20240229 =
claude-3-haiku-20240307 =
anthropic.claude-3-haiku-20240307-v1:0:200k =
claude-3-5-haiku-20241022 =
claude-3-5-haiku@20241022 =
claude-3-5-sonnet-20240620 =
claude-3-5-sonnet@20240620 =
anthropic.claude-3-5-sonnet-20241022-v2:0 =
anthropic/claude-3.5-sonnet:beta =
anthropic.claude-v2:1 =
anthropic.claude-instant-v1 =
claude-2.1 =
claude-sonnet-4-6 =
llm Google
gemini/gemini-2.5-flash = gemini-2.5-Flash
models/gemini-2.5-flash = gemini-2.5-Flash
google/gemini-2.5-flash-lite = Gemini-2.5-Flash-Lite
gemini-2.5-flash-lite-001 = Gemini-2.5-Flash-Lite
publishers/google/models/gemini-2.5-flash-lite = Gemini-2.5-Flash-Lite
gemini-2.5-flash-lite-preview-09-2025 =
gemini-2.5-flash-preview-05-20 =
gemini-2.5-flash-image =
gemini-2.5-pro =
gemini-3-pro = Gemini-3.0-Pro-1M
gemini-3-pro-preview =
gemini-3-pro-image-preview =
gemini-3-flash = Gemini-3.0-Flash
gemini-3-flash-preview =
gemini-3.1-pro-preview =
gemini-2.0-flash-001 =
gemini-2.0-flash-lite =
gemini-1.5-pro =
gemini-1.5-pro-002 =
gemini-1.5-flash-8b =
gemini-pro =
google/gemma-3-27b-it =
gemma3-27b = Gemma-3-27b
gemma-3-270m =
gemma-2-27b =
llm Mistral
mistral/mistral-large-latest = mistral-large-latest
mistral-large-2411 =
mistral-large-2402 =
mistral-large =
mistral.mistral-large-2402-v1:0 =
mistral-medium-2312 =
mistral-small-2503 =
mistral-tiny =
mistral-7b-instruct =
open-mistral-nemo =
open-mixtral-8x22b =
mistralai/open-mixtral-8x7b = open-mixtral-8x7b
codestral-latest =
pixtral-large-latest =
llm Meta
llama-3-70b = llama-3.0-70b-8k
llama3-8b-8k = llama-3.0-8b-8k
llama-3.1-8b-turbo = llama-3.1-8b-turbo-128k
meta-llama/llama-3.1-8b-turbo = llama-3.1-8b-turbo-128k
meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo =
meta.llama3-8b-instruct-v1:0 =
meta.llama3-1-8b-instruct-v1:0 =
accounts/fireworks/models/llama-v3p1-8b-instruct =
llama-3.1-70b-turbo =
llama-3.3-70b-versatile =
llama-2-70b =
meta-llama/llama-4-maverick = Llama-4.0-Maverick-1M
meta-llama/llama-4-scout = Llama-4.0-Scout-10M
meta-llama/llama-4-maverick:free =
llm DeepSeek
deepseek-v3.2 = DeepSeek-3.2-128K
deepseek/deepseek-v3.2 = DeepSeek-3.2-128K
deepseek-ai/DeepSeek-V3.2 = DeepSeek-3.2-128K
deepseek-v3.2-thinking = DeepSeek-3.2-Thinking-128K
deepseek-v3.2-exp =
deepseek-v3.2-speciale =
deepseek-v3 =
deepseek-v3-0324 =
deepseek-v3.1 =
deepseek-chat =
deepseek-reasoner =
deepseek-r1 =
deepseek-r1-0528 =
llm Ali
qwen-max = Qwen-Max-256k
dashscope/qwen-plus = Qwen-Plus-1M
qwen-turbo = Qwen-Turbo-1M
qwen-vl-max = Qwen-vl-max-32k
qwen2-audio = Qwen2.0-audio
qwen3-8b = Qwen3.0-8B-128K
qwen/qwen3-32b = Qwen3.0-32B-128K
qwen-max-latest =
qwen-max-2025-01-25 =
qwen-plus-2025-07-28 =
qwen3-max =
qwen3-30b-a3b =
qwen3-next-80b-a3b-instruct =
qwen2.5-32b-instruct =
qwen2.5-vl-72b-instruct =
qwen-vl-plus =
qwq-32b =
llm xAI
grok-4 = Grok-4.0-256K
x-ai/grok-4 = Grok-4.0-256K
grok-4-0709 = Grok-4.0-256K
grok-4-fast =
grok-4-fast-reasoning =
grok-4-1-fast =
grok-4-1-fast-reasoning =
grok-4.1-fast-2m = Grok-4.1-Fast-2M
grok-3 =
grok-3-mini =
grok-code-fast-1 =
llm 智谱
glm-5 = GLM-5.0-200K
z-ai/glm-5 = GLM-5.0-200K
glm-4-9b = GLM-4.0-9b-8K
glm-4v-plus-0111 = GLM-4V-Plus-16K
glm-4.5 =
glm-4.5-air =
glm-4.7 =
glm-4.7-flash =
llm 月之暗面
moonshotai/kimi-k2-thinking = Kimi-K2-Thinking-256k
kimi-k2-turbo-preview =
kimi-k2-0905-preview =
kimi-k2 =
moonshot-v1 =
moonshot-v1-auto =
llm Seed
seed-1-6-flash-250615 = Seed-1.6-Flash-256K
bytedance-seed/seed-1.6 = Seed-1.6-256K
doubao-seed-1-6-251015 =
llm 百度
ernie-4.0-turbo-8k =
ernie-4.0-8k-latest = ERNIE-4.0-8K
ernie-3.5-128k =
llm Tencent
hunyuan-lite = hunyuan-lite-4k
hunyuan-standard =
hunyuan-turbos-latest =
asr OpenAI
whisper-large-v3 = Whisper Large-V3
openai/whisper-large-v2 = Whisper Large-V2
whisper-1 =
whisper-large-v3-turbo =
gpt-4o-transcribe-diarize =
embedding OpenAI
openai/text-embedding-3-small = text-embedding-3-small
azure/text-embedding-3-small =
text-embedding-ada-001 =
text-embedding-ada-002-v2 =
text-embedding-3-large-1024 =
text-similarity-ada-001 =
embedding Jina
jina_ai/jina-embeddings-v3 = jina-embeddings-v3
jina-embeddings-v2-base-en =
jina-embeddings-v4 =
moderation OpenAI
omni-moderation-2024-09-26 =
text-moderation-latest =
"""


def _cases() -> list[tuple[str, str, str, str]]:
    cases, service, brand = [], "", ""
    for line in IDS.splitlines():
        logged, is_case, right = line.partition(" =")
        if not is_case:
            service, _, brand = line.partition(" ")
        else:
            cases.append((service, brand, logged, right.strip()))
    return cases


def _printed() -> dict[tuple[str, str], list[str]]:
    found = defaultdict(list)
    book = data_folder("pricing_assets/rate_cards")
    for rates in book.glob("*/rates.csv"):
        with rates.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                found[line["service"], fold(line["brand"])].append(line["model"])
    return {key: list(dict.fromkeys(names)) for key, names in found.items()}


PRINTED = _printed()


def test_real_ids_are_held_against_the_price_list() -> None:
    """No id is offered another model, and none that is the same is missed."""
    wrong = []
    for service, brand, logged, right in _cases():
        printed = PRINTED[service, fold(brand)]
        assert right in ("", *printed), f"the table names {right}, which is not printed"
        found = find_same(brand.lower(), logged, printed) or ""
        if found != right:
            wrong.append(f"{brand} {logged}: {found!r}, not {right!r}")
    assert not wrong
    assert len(_cases()) >= 250


def test_a_printed_name_is_the_same_as_itself_and_as_no_other() -> None:
    for (_, brand), printed in PRINTED.items():
        for name in printed:
            assert find_same(brand, name, printed) == name


# Printed names, a logged one, and which is meant.
CHOICES = [
    (["Acme-2 8k", "Acme-2 32k"], "acme-2", None),
    (["Acme-2 8k", "Acme-2 32k"], "acme-2-32k", "Acme-2 32k"),
    (["Acme-2 8k"], "acme-2-32k", None),
    (["Acme-2-2025-01-01", "Acme-2-2025-06-01"], "acme-2", None),
    (["Acme-2-2025-01-01", "Acme-2-2025-06-01"], "acme-2-20250601", "Acme-2-2025-06-01"),
    (["Acme-2-2025-01-01"], "acme-2-2025-06-01", None),
    (["Acme-Large"], "acme-large-2407", None),
    (["Acme 2.0"], "acme-2", "Acme 2.0"),
    (["Acme 2.0"], "acme-2.1", None),
    (["Acme 20"], "acme-2.0", None),
    (["Acme 2"], "acme-2+", None),
    (["Acme 2"], "acme-2 (old)", None),
    (["Acme v2"], "acme-v2:0", "Acme v2"),
    (["Acme 2 Large"], "large-acme-2", "Acme 2 Large"),
    (["Acme 2 Large"], "\u0430cme-2-large", None),
    (["Acme 2"], "", None),
    (["Acme 2"], "/", None),
]


@pytest.mark.parametrize(("printed", "logged", "meant"), CHOICES)
def test_a_logged_name_means_the_printed_model(
    printed: list[str], logged: str, meant: str | None
) -> None:
    assert find_same("Maker", logged, printed) == meant


@pytest.mark.parametrize(
    "logged", ["\u0130" * 50, "a" * 10_000, "-" * 10_000, "1." * 5_000, "a/" * 5_000]
)
def test_odd_names_take_no_time(logged: str) -> None:
    assert find_same("Acme", logged, ["Acme 2"]) is None
    spelling("Acme", logged)
