"""The bridge: sockets, ports, jobs, takes and the command line around `engine`. Never imports torch."""
