/*
 * Sockets of the unix domain that have a path. They are closed on exec.
 */
#pragma once

/* A socket that listens at a path where nothing is yet, for so many connections that wait to be
 * accepted. type: SOCK_STREAM or SOCK_SEQPACKET, and SOCK_NONBLOCK if wanted. The caller's; -1 with
 * errno (ENAMETOOLONG: no socket can have this path). */
int vp_unix_socket_listen(const char *path, int type, int backlog);

/* A socket that is connected to the one at a path; type as above. The caller's; -1 with errno
 * (ENOENT: nothing is there; ECONNREFUSED: nobody listens; EAGAIN, of a type with SOCK_NONBLOCK:
 * too many wait already; ENAMETOOLONG as above). */
int vp_unix_socket_connect(const char *path, int type);
