package dev.sessionauthority.client;

/** The outcome of a validation as a value: an {@link ActiveSession}, a {@link Rejection} or a {@link StepUp}. */
public sealed interface Verdict permits ActiveSession, Rejection, StepUp {}
