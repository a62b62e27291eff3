package dev.fenceline.generator;

/** The contract's files break one of its rules; the message says where and what to do. */
final class ContractException extends RuntimeException {
    private static final long serialVersionUID = 1;

    ContractException(String message) {
        super(message);
    }
}
