package dev.sessionauthority.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientOptionsTest {
  @Test
  void onlyTargetsOnThisMachineAreLocal() {
    for (String target :
        List.of("127.0.0.1:1", "localhost:1", "LOCALHOST:1", "[::1]:1", "dns:///localhost:1", "unix:/run/x", "127.9.9.9")) {
      assertEquals(true, Targets.isLocal(target), target);
    }
    for (String target :
        List.of("10.0.0.1:1", "localhost.example:1", "127.0.0.1.example:1", "0.0.0.0:1", "dns://192.0.2.1/localhost:1", "xds:///localhost:1", "")) {
      assertEquals(false, Targets.isLocal(target), target);
    }
  }

  @Test
  void credentialsAreNotSentUnencryptedBeyondThisMachine() {
    assertThrows(
        ConfigurationException.class,
        () -> SessionAuthorityClient.builder("sessions.example:443").apiKey("sak_x").build());
    assertThrows(
        ConfigurationException.class, () -> SessionAuthorityClient.builder("sessions.example:443").tls().build());
    SessionAuthorityClient.builder("sessions.example:443").tls().apiKey("sak_x").build().close();
  }

  @Test
  void keysThatAreNotHeadersAreRefused() {
    for (String key : List.of("", "a\nb", "a b", "é")) {
      assertThrows(ConfigurationException.class, () -> SessionAuthorityClient.builder("localhost").apiKey(key));
    }
  }

  @Test
  void addressesHaveNeitherPortNorZone() {
    Map<String, String> canonical =
        Map.of(
            "198.51.100.7", "198.51.100.7",
            "198.51.100.7:443", "198.51.100.7",
            "[2001:db8::7]:443", "2001:db8::7",
            "fe80::1%eth0", "fe80::1",
            " ::ffff:192.0.2.1", "::ffff:192.0.2.1",
            "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8",
            "unknown", "",
            "1:2:3", "",
            "1::2::3", "",
            "999.1.1.1", "");
    canonical.forEach((text, address) -> assertEquals(address, Addresses.canonical(text), text));
  }
}
