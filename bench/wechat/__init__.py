"""The whole journey under every fault of WeChat in turn: texts, pictures, messages, pushes, with real processes."""
