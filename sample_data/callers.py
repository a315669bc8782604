"""Who calls what in the sample: days, organizations, their agents, services, tools and knowledge bases.

How often each is called and with which quantities belongs to `events`.
"""

from datetime import date

DAYS = {date(2026, 2, 1): 6_300, date(2026, 2, 2): 11_700, date(2026, 2, 3): 11_500}


SUNDAY, MONDAY, TUESDAY = DAYS


LATE = "late-2026-02-02"


LATE_ORG, LATE_HOURS = "harbor-logistics", range(9, 13)


ORGS = {  # busiest hour in UTC; the k-th organization and agent has 1/k of the first one's calls
    "northwind-clinics": 16,
    "harbor-logistics": 9,
    "lumen-education": 3,
    "granite-bank": 10,
    "copperleaf-retail": 19,
    "tern-airways": 8,
    "alder-legal": 15,
    "mossway-games": 20,
}


AGENTS = (  # organization, agent, brand, model and key mode of its chats, share with images
    ("northwind-clinics", "front-desk", "OpenAI", "GPT-4.1-mini-1M", "platform", 0.0),
    ("northwind-clinics", "triage", "Anthropic", "Claude-4.5-Sonnet-200k", "platform", 0.0),
    ("northwind-clinics", "intake-forms", "OpenAI", "GPT-4o-128k", "platform", 0.3),
    ("northwind-clinics", "billing-questions", "OpenAI", "GPT-5.0-Nano-400k", "platform", 0.0),
    ("harbor-logistics", "dispatch", "Azure", "GPT-4.1-1M", "platform", 0.0),
    ("harbor-logistics", "customs-papers", "Azure", "Computer-Use Agent", "platform", 0.4),
    ("harbor-logistics", "driver-line", "Azure", "GPT-5.0-Mini-400k", "platform", 0.0),
    ("lumen-education", "tutor", "智谱", "GLM-5.0-Thinking-200K", "platform", 0.0),
    ("lumen-education", "homework-reader", "Ali", "Qwen-vl-max-32k", "platform", 0.8),
    ("lumen-education", "parents", "百度", "ERNIE-Speed-128K", "platform", 0.0),
    ("lumen-education", "course-planner", "月之暗面", "Kimi-K2-Turbo-256K", "platform", 0.0),
    ("granite-bank", "advisor", "OpenAI", "GPT-4.1-1M", "own", 0.0),
    ("granite-bank", "complaints", "Anthropic", "Claude-4.6-Opus-200k", "own", 0.0),
    ("granite-bank", "fraud-notes", "Google", "Gemma-3-27b", "own", 0.0),
    ("copperleaf-retail", "shop-assistant", "Google", "Gemini-3.0-Flash", "platform", 0.15),
    ("copperleaf-retail", "returns", "Google", "Gemini-2.5-Flash-Lite", "platform", 0.0),
    ("copperleaf-retail", "catalog-writer", "DeepSeek", "DeepSeek-3.2-128K", "own", 0.0),
    ("tern-airways", "rebooking", "Anthropic", "Claude-4.5-Haiku-200k", "platform", 0.0),
    ("tern-airways", "baggage", "Mistral", "mistral-small-latest", "platform", 0.2),
    ("tern-airways", "crew-desk", "Mistral", "mistral-large-latest", "own", 0.0),
    (
        "alder-legal",
        "contract-review",
        "Anthropic",
        "Claude-4.6-Opus-Thinking-200K",
        "platform",
        0.0,
    ),
    ("alder-legal", "discovery", "xAI", "Grok-4.0-256K", "platform", 0.0),
    ("mossway-games", "npc-dialogue", "Meta", "llama-3.0-70b-8k", "own", 0.0),
    ("mossway-games", None, "Tencent", "hunyuan-lite-4k", "own", 0.0),
)


SERVICES = {  # what the first, second, … organization uses, and round again
    "llm_audio_chat": (
        ("OpenAI", "GPT-Mini-Audio"),
        ("Azure", "GPT-Audio-mini"),
        ("Ali", "Qwen-Omni-Turbo"),
        ("OpenAI", "GPT-Audio"),
    ),
    "asr_recognition": (
        ("OpenAI", "Whisper Large-V3"),
        ("Azure", "Azure-Speech"),
        ("OpenAI", "Whisper Large-V2"),
        ("OpenAI", "GPT-4o-mini-transcribe"),
        ("OpenAI", "GPT-4o-transcribe"),
    ),
    "tts_generation": (
        ("OpenAI", "TTS"),
        ("Azure", "Speech"),
        ("Ali", "CosyVoice"),
        ("Minimax", "Voice"),
        ("Ali", "Sambert"),
    ),
    "knowledge_indexing": (
        ("OpenAI", "text-embedding-3-large"),
        ("OpenAI", "text-embedding-ada-002"),
        ("Ali", "text-embedding-v3"),
        ("OpenAI", "text-embedding-3-small"),
        ("Jina", "jina-embeddings-v3"),
    ),
    "knowledge_reranking": (
        ("Jina", "Jina-Reranker-m0"),
        ("NetEase BCE", "BCE-Rerank"),
        ("Baai BGE", "BGE-Rerank"),
    ),
    "content_moderation": (("OpenAI", "Omni-moderation"),),
}


TOOLS = {  # provider and name, and its share of the calls
    ("Google", "Search"): 65,
    ("Google", "Maps"): 15,
    ("Google", "Scholar"): 8,
    ("Weather", "Forecast"): 8,
    ("Calendar", "Free Slots"): 4,
}


BASES = {  # knowledge bases
    "northwind-clinics": ("patient-handbook", "drug-list", "visit-notes"),
    "harbor-logistics": ("port-rules", "tariffs"),
    "lumen-education": ("syllabus", "exam-bank", "library"),
    "granite-bank": ("products", "compliance"),
    "copperleaf-retail": ("catalog", "store-policy"),
    "tern-airways": ("fare-rules",),
    "alder-legal": ("case-law", "templates", "clauses"),
    "mossway-games": ("lore",),
}
