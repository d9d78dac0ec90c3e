"""The client: a bridge from Python, for programs with an event loop and without one.

    from bridge import Client

    with Client() as bridge:
        take = bridge.generate("rain on a tin roof", seconds=4).result()
        print(take.path, take.samples.shape, take.rate)

One WebSocket carries commands and replies, so that the bridge can speak first and both sides notice when the other has
gone; audio travels by HTTP on the same port, where the two share no disk. Both are on the port that browsers and
firewalls know how to handle, and that checks tokens. See docs/client.md.
"""
