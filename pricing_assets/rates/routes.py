"""Routes of model names: by whom a model is served, as gateways and instrumentation write it.

What is left of a name without its route belongs to `same_model`.
"""

import re

_FAMILIES = {
    "ali": "alibaba ali dashscope qwen aliyun",
    "anthropic": "anthropic",
    "azure": "azure azure_ai azure-ai azure_openai azure-openai azureopenai"
    " az.ai.openai az.ai.inference azure.ai.openai azure.ai.inference",
    "baai bge": "baai",
    "cohere": "cohere cohere_chat",
    "deepseek": "deepseek deepseek-ai deepseek_ai",
    "google": "google gemini google_ai_studio gcp.gemini gcp.gen_ai",
    "jina": "jina jina_ai jinaai",
    "meta": "meta meta-llama meta_llama facebook",
    "minimax": "minimax minimaxi",
    "mistral": "mistral mistralai mistral_ai",
    "openai": "openai",
    "seed": "seed bytedance bytedance-seed volcengine",
    "tencent": "tencent",
    "xai": "xai x-ai x_ai",
    "月之暗面": "月之暗面 moonshot moonshotai moonshot_ai",
    "智谱": "智谱 zhipu zhipuai zai z-ai zai-org",
    "百度": "百度 baidu qianfan",
}
_FAMILY = {word: family for family, words in _FAMILIES.items() for word in words.split()}
"""Words by which routes name who serves a model, and the brand of each."""
_NEUTRAL = {
    *("accounts", "models", "publishers"),
    *("bedrock", "bedrock_converse", "converse", "converse_like", "invoke"),
    *("vertex", "vertex_ai", "vertexai", "vertex_ai_beta"),
    *("databricks", "fireworks", "fireworks_ai", "groq", "replicate", "together", "together_ai"),
    *("litellm", "litellm_proxy", "openrouter", "portkey"),
}
"""Words of a route that name no brand: gateways, and parts of resource names."""
_GATEWAYS = {"aws.bedrock", "aws_bedrock", "amazon_bedrock", "gcp.vertex_ai", "google_vertex_ai"}
"""What instrumentation calls gateways, beside the words of routes."""
_REGION = re.compile(
    r"us|eu|apac|global|us-gov|jp|au|ca|global-standard|data-zone"
    r"|[a-z]{2}(-gov)?-(north|south|east|west|central|northeast|southeast|northwest|southwest)-?\d"
    r"|(east|west|north|south|central)us\d?|(sweden|france)central|(west|north)europe"
)
_RESOURCE = re.compile(
    r"projects/[^/]+/locations/[^/]+/"
    r"|arn:aws[\w-]*:bedrock:[\w-]*:\d*:(foundation-model|inference-profile)/"
)
_SEGMENT = re.compile(r"([^\s/:]+)(?:/|::?)(?=.)")
_BEDROCK = re.compile(
    r"(?:(?:us|eu|apac|global|us-gov|jp|au|ca)\.)?"
    r"(anthropic|meta|mistral|cohere|deepseek|qwen|openai|google|minimax|moonshot|moonshotai|zai)\."
    r"(?=[a-z])"
)


def family_of(word: str) -> str:
    """Return the brand, folded, that a word of a route or a logged brand names: itself where no
    other is known.

    >>> family_of("azure_openai"), family_of("acme")
    ('azure', 'acme')
    """
    return _FAMILY.get(word, word)


def is_gateway(brand: str) -> bool:
    """Return whether a logged brand (folded) names no brand, but what others are served by."""
    return brand in _NEUTRAL or brand in _GATEWAYS


def makers_of(model: str) -> set[str]:
    """Return the brands, folded, that the route of a model (folded) names; none where it names none.

    >>> makers_of("openrouter/google/gemini-2.5-flash"), makers_of("gemini-2.5-flash")
    ({'google'}, set())
    """
    text = _RESOURCE.sub("", model, count=1)
    found = {family_of(match[1]) for match in [_BEDROCK.match(text)] if match}
    *route, _ = re.split(r"[/:]", text)
    return found | {_FAMILY[word] for word in route if word in _FAMILY}


def without_route(brand: str, text: str) -> str | None:
    """Return the name without whom it was asked through; None where that is unknown, or another
    brand: the outermost brand of a route is the one that charges."""
    text = _RESOURCE.sub("", text, count=1)
    served_by: list[str] = []
    while (match := _SEGMENT.match(text)) is not None:
        segment = match[1]
        if segment in _FAMILY or segment == brand:
            served_by.append(family_of(segment))
        elif segment not in _NEUTRAL and not _REGION.fullmatch(segment):
            break
        text = text[match.end() :]
    if (match := _BEDROCK.match(text)) is not None:
        served_by.append(family_of(match[1]))
        text = text[match.end() :]
    if "/" in text or (served_by and served_by[0] != family_of(brand)):
        return None
    return text
