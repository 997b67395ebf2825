#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: what it inherits must be as a shell would give it. Never returns. */
static void become(const char *const *argv, int output, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0); /* we were orphaned before the line above */
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execvp(argv[0], (char *const *)argv);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

int child_start(struct child *out, const char *const *argv, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return err_set(err, ERR_IO, "cannot make a pipe for %s: %s", argv[0], strerror(errno));
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return err_set(err, ERR_IO, "cannot start %s: %s", argv[0], strerror(errno));
    }
    if (pid == 0)
        become(argv, ends[1], parent);
    setpgid(pid, pid); /* in both, so that neither is early */
    close(ends[1]);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    *out = (struct child){.pid = pid, .output = ends[0]};
    return 0;
}

void child_signal(const struct child *c, int signal_number)
{
    if (c->pid > 0)
        kill(-c->pid, signal_number);
}

bool child_ended(struct child *c, char *how, size_t size, bool *clean)
{
    int status;
    if (c->pid <= 0 || waitpid(c->pid, &status, WNOHANG) != c->pid)
        return false;
    c->pid = 0;
    *clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status))
        snprintf(how, size, "signal %d", WTERMSIG(status));
    else
        snprintf(how, size, "exit status %d", WEXITSTATUS(status));
    return true;
}
