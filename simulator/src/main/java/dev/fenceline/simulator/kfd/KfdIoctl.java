package dev.fenceline.simulator.kfd;

import dev.fenceline.event.Ioctl;
import dev.fenceline.event.IoctlEnter;
import dev.fenceline.event.SyscallReturn;
import dev.fenceline.event.UserCopy;
import dev.fenceline.simulator.drm.UserProcess;
import dev.fenceline.simulator.kernel.Call;
import dev.fenceline.simulator.kernel.Deviation;
import dev.fenceline.simulator.kernel.Path;
import java.util.function.LongSupplier;

/** kfd_chardev.c:kfd_ioctl: a call on /dev/kfd, which works only in the process that opened the file. */
public final class KfdIoctl extends Call {
    /** The file works in whatever process has it (rule K02). */
    public static final Deviation SERVES_ANYBODY = new Deviation("kfd-file-serves-another-process");

    /** {@code __NR_ioctl} of x86-64. */
    private static final long IOCTL_NR = 16;

    private static final int EBADF = -9;

    private static final Path<KfdIoctl> PATH = Path.<KfdIoctl>named("kfd_ioctl")
            .run(KfdIoctl::enter)
            .spend(ioctl -> ioctl.kernel().costs().ioctlNs())
            .run(KfdIoctl::checkProcess)
            .when(
                    ioctl -> ioctl.served,
                    served -> served.run(KfdIoctl::copyArguments)
                            .call(ioctl -> ioctl.body)
                            .spend(ioctl -> ioctl.kernel().costs().ioctlNs())
                            .run(KfdIoctl::copyArguments))
            .run(KfdIoctl::leave)
            .end();

    private final String name;
    private final KfdProcess file;
    private final UserProcess caller;
    private final Call body;
    private final LongSupplier result;
    private long enteredNs;
    private boolean served;

    /**
     * Calls {@code body} on the file that {@code file}'s process opened.
     *
     * @param caller the process that calls, which may have inherited the file
     * @param result what the body came to, asked when it has returned
     */
    public KfdIoctl(String name, KfdProcess file, UserProcess caller, Call body, LongSupplier result) {
        this.name = name;
        this.file = file;
        this.caller = caller;
        this.body = body;
        this.result = result;
    }

    /** An ioctl of the process itself that succeeds. */
    public KfdIoctl(String name, KfdProcess file, Call body) {
        this(name, file, file.owner(), body, () -> 0);
    }

    private void enter() {
        enteredNs = kernel().nowNs();
        kernel().emit(IoctlEnter.builder().name(name).owner(file.owner().tgid()));
    }

    /** From the caller before, to it after: not of a process that may not call. */
    private void copyArguments() {
        kernel().emit(UserCopy.builder().result(0));
    }

    private void checkProcess() {
        served = caller == file.owner() || kernel().deviates(SERVES_ANYBODY);
    }

    private void leave() {
        long returned = served ? result.getAsLong() : EBADF;
        kernel().emit(Ioctl.builder()
                .name(name)
                .result(returned)
                .enteredTs(enteredNs)
                .owner(file.owner().tgid()));
        kernel().emit(SyscallReturn.builder().nr(IOCTL_NR).result(returned));
    }

    @Override
    protected Path<?> path() {
        return PATH;
    }
}
