"""WeChat: the client of its server API and the simulator to develop against; the only package that speaks HTTP."""
