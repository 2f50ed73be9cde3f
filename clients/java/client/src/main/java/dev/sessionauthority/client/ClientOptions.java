package dev.sessionauthority.client;

import io.grpc.ManagedChannelBuilder;
import java.io.File;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Options of a {@link SessionAuthorityClient}. Get them from {@link SessionAuthorityClient#builder}. */
public final class ClientOptions {
  final String target;
  Optional<String> apiKey = Optional.empty();
  Optional<TlsOptions> tls = Optional.empty();
  Duration validateTimeout = Duration.ofSeconds(1);
  Duration callTimeout = Duration.ofSeconds(2);
  Duration adminTimeout = Duration.ofSeconds(35);
  int cacheEntries;
  Duration cacheTtl = Duration.ZERO;
  Consumer<ManagedChannelBuilder<?>> channel = builder -> {};

  ClientOptions(String target) {
    this.target = target;
  }

  /**
   * Sends the API key with every call. Omit it only for a development server on this machine.
   *
   * @param key the API key
   * @return these options
   */
  public ClientOptions apiKey(String key) {
    if (key.isEmpty()) {
      throw new ConfigurationException("the API key is empty");
    }
    if (!key.chars().allMatch(letter -> letter > ' ' && letter <= '~')) {
      throw new ConfigurationException(
          "the API key contains a character other than visible ASCII, such as a line break");
    }
    apiKey = Optional.of(key);
    return this;
  }

  /**
   * Encrypts the connection and verifies the server by the root certificates of the system.
   *
   * @return these options
   */
  public ClientOptions tls() {
    return tls(new TlsOptions());
  }

  /**
   * Encrypts the connection.
   *
   * @param options the certificates
   * @return these options
   */
  public ClientOptions tls(TlsOptions options) {
    tls = Optional.of(options);
    return this;
  }

  /**
   * Replaces the time limit of a validation, for all its attempts together. 1 second by default.
   *
   * @param timeout the time limit
   * @return these options
   */
  public ClientOptions validateTimeout(Duration timeout) {
    validateTimeout = positive(timeout);
    return this;
  }

  /**
   * Replaces the time limit of other calls, for all their attempts together. 2 seconds by default.
   *
   * @param timeout the time limit
   * @return these options
   */
  public ClientOptions callTimeout(Duration timeout) {
    callTimeout = positive(timeout);
    return this;
  }

  /**
   * Replaces the time limit of calls of {@link SessionAuthorityClient#admin}. 35 seconds by default.
   *
   * @param timeout the time limit
   * @return these options
   */
  public ClientOptions adminTimeout(Duration timeout) {
    adminTimeout = positive(timeout);
    return this;
  }

  /**
   * Reuses sessions for as long as the server permits ({@code cache_ttl}), and at most for the given time. A revocation
   * during that time is not seen. All are forgotten with every change that is made through this client. Rejections and
   * errors are never reused, nor are validations with strong consistency or with requirements on the authentication.
   *
   * @param maxEntries the number of sessions to keep at most
   * @param maxTtl the time to reuse a session for at most
   * @return these options
   */
  public ClientOptions verdictCache(int maxEntries, Duration maxTtl) {
    if (maxEntries <= 0) {
      throw new ConfigurationException("the verdict cache needs a positive number of entries");
    }
    cacheEntries = maxEntries;
    cacheTtl = positive(maxTtl);
    return this;
  }

  /**
   * Changes the gRPC channel, for example adds an interceptor of OpenTelemetry.
   *
   * @param change what to change
   * @return these options
   */
  public ClientOptions channel(Consumer<ManagedChannelBuilder<?>> change) {
    channel = change;
    return this;
  }

  /**
   * Returns the client. It connects with the first call.
   *
   * @return the client
   * @throws ConfigurationException if the options would send credentials unencrypted beyond this machine, or none
   */
  public SessionAuthorityClient build() {
    if (target.isEmpty()) {
      throw new ConfigurationException(
          "the target is empty; it is a host and port, such as sessions.example:443");
    }
    if (!Targets.isLocal(target)) {
      if (tls.isEmpty()) {
        throw new ConfigurationException(
            "a server beyond this machine needs an encrypted connection: call tls()");
      }
      if (apiKey.isEmpty() && tls.get().certificate().isEmpty()) {
        throw new ConfigurationException(
            "a server beyond this machine needs credentials: call apiKey, or use a client certificate");
      }
    }
    return new SessionAuthorityClient(this);
  }

  private static Duration positive(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new ConfigurationException("a time is not positive");
    }
    return duration;
  }

  /**
   * PEM files for an encrypted connection.
   *
   * @param rootCertificates the certificates that the server is verified by; those of the system if absent
   * @param certificate the certificate of this client (mTLS); none if absent
   * @param key the key of this client, unencrypted PKCS #8; set together with the certificate
   * @param serverName the name in the server's certificate; the host of the target if absent
   */
  public record TlsOptions(
      Optional<File> rootCertificates,
      Optional<File> certificate,
      Optional<File> key,
      Optional<String> serverName) {
    /**
     * Checks that certificate and key come together.
     *
     * @param rootCertificates the certificates that the server is verified by; those of the system if absent
     * @param certificate the certificate of this client (mTLS); none if absent
     * @param key the key of this client, unencrypted PKCS #8; set together with the certificate
     * @param serverName the name in the server's certificate; the host of the target if absent
     */
    public TlsOptions {
      if (certificate.isPresent() != key.isPresent()) {
        throw new ConfigurationException("a client certificate needs both the certificate and the key");
      }
    }

    /** The root certificates of the system, and no client certificate. */
    public TlsOptions() {
      this(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }
  }
}
