/* agent.h - what a launcher starts: an agent on two pipes */
#ifndef AGENTS_AGENT_H
#define AGENTS_AGENT_H

/*
 * Speak the control protocol (frame.h) on the two descriptors until the
 * coordinator says bye: 0. Its end, its silence, or a failure of our own,
 * which it is told: -errno. Nothing of the process is left changed but
 * locked memory and SIGPIPE, which is ignored.
 */
int agent_run(int in, int out);

#endif
