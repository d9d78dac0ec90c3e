// Generated from the bridge's tables by `make patches`; do not edit.
exports.tables = {
  "version": "0.1.0",
  "menu": [
    "generate",
    "loop",
    "restyle",
    "inpaint",
    "extend",
    "vary",
    "upsample"
  ],
  "params": {
    "seconds": {
      "low": 0.05,
      "high": 60.0
    },
    "bars": {
      "low": 0.0,
      "high": 64.0
    },
    "bpm": {
      "low": 0.0,
      "high": 400.0
    },
    "beats": {
      "low": 1,
      "high": 16
    },
    "strength": {
      "low": 0.0,
      "high": 1.0
    },
    "takes": {
      "low": 1,
      "high": 16
    },
    "quality": {
      "low": 0,
      "high": 20,
      "choices": [
        "draft",
        "normal",
        "best"
      ]
    },
    "steps": {
      "low": 1,
      "high": 200
    },
    "guidance": {
      "low": 0.0,
      "high": 20.0
    },
    "seed": {
      "low": 0,
      "high": 2147483647
    },
    "rate": {
      "low": 8000,
      "high": 192000
    },
    "negative": {
      "low": 0,
      "high": 1000
    },
    "prompt": {
      "low": 0,
      "high": 1000
    },
    "source": {
      "low": 0,
      "high": 4096
    }
  },
  "tasks": {
    "generate": {
      "args": [
        "prompt"
      ],
      "keys": [
        "negative",
        "seconds",
        "seed",
        "quality",
        "steps",
        "guidance",
        "takes",
        "rate"
      ]
    },
    "loop": {
      "args": [
        "prompt",
        "bars",
        "bpm"
      ],
      "keys": [
        "negative",
        "beats",
        "seconds",
        "seed",
        "quality",
        "steps",
        "guidance",
        "takes",
        "rate"
      ]
    },
    "restyle": {
      "args": [
        "source",
        "prompt",
        "strength"
      ],
      "keys": [
        "negative",
        "seed",
        "quality",
        "steps",
        "guidance",
        "takes",
        "rate"
      ]
    },
    "inpaint": {
      "args": [
        "source",
        "start",
        "end",
        "prompt"
      ],
      "keys": [
        "negative",
        "seed",
        "quality",
        "steps",
        "guidance",
        "takes",
        "rate"
      ]
    },
    "extend": {
      "args": [
        "source",
        "seconds",
        "prompt"
      ],
      "keys": [
        "negative",
        "seed",
        "quality",
        "steps",
        "guidance",
        "takes",
        "rate"
      ]
    },
    "vary": {
      "args": [
        "source"
      ],
      "keys": [
        "prompt",
        "negative",
        "seconds",
        "seed",
        "quality",
        "steps",
        "guidance",
        "takes",
        "rate"
      ]
    },
    "upsample": {
      "args": [
        "source"
      ],
      "keys": [
        "prompt",
        "negative",
        "seed",
        "quality",
        "steps",
        "guidance",
        "takes",
        "rate"
      ]
    }
  }
};
