"""Records of other tools, as their logs hold them."""

import json
from typing import Any

CALL: dict[str, Any] = {
    "id": "c1",
    "call_type": "acompletion",
    "status": "success",
    "startTime": 1770020102.118402,
    "model": "gpt-4o",
    "prompt_tokens": 12,
    "completion_tokens": 3,
    "total_tokens": 15,
    "metadata": {"user_api_key_org_id": "acme"},
}
"""Of LiteLLM."""
OBSERVATION: dict[str, Any] = {
    "id": "o1",
    "type": "GENERATION",
    "start_time": "2026-02-02 08:00:00",
    "provided_model_name": "gpt-4o",
    "metadata": {"org_id": "acme"},
    "usage_details": {"input": 5, "output": 2},
}
"""Of Langfuse."""
BEDROCK: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "timestamp": "2026-02-02T08:16:40Z",
    "identity": {"arn": "arn:aws:sts::1:assumed-role/app"},
    "requestId": "r1",
    "operation": "Converse",
    "modelId": "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "input": {
        "inputBodyJson": {"messages": ["secret"]},
        "inputTokenCount": 86,
        "cacheReadInputTokenCount": 17817,
        "cacheWriteInputTokenCount": 0,
    },
    "output": {"outputBodyJson": {}, "outputTokenCount": 188},
    "requestMetadata": {"org_id": "acme"},
}


def openmeter(**changed: Any) -> str:
    """Return an event of OpenMeter, with changes."""
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "gateway-a",
        "subject": "acme",
        "time": "2026-02-02T10:16:40.0000059+02:00",
        "type": "tokens",
        "data": {"tokens": "17903", "model": "claude-sonnet-4-5", "type": "input"},
    }
    return json.dumps(event | changed)
