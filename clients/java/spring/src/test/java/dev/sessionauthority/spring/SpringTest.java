package dev.sessionauthority.spring;

import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.get;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.content;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.header;
import static org.springframework.test.web.servlet.result.MockMvcResultMatchers.status;

import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.SessionAuthorityClient;
import dev.sessionauthority.servlet.SessionFilter;
import dev.sessionauthority.session.v1.CreateRequest;
import dev.sessionauthority.testing.TestServer;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.test.web.servlet.MockMvc;
import org.springframework.test.web.servlet.setup.MockMvcBuilders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

class SpringTest {
  private final TestServer authority = TestServer.shared();
  private final SessionAuthorityClient client = authority.connect();
  private MockMvc application;

  @RestController
  static class Controller {
    @GetMapping("/")
    String home() {
      return "home";
    }

    @GetMapping("/account")
    String account(ActiveSession session) {
      return "Hello, " + session.userId();
    }

    @GetMapping("/transfer")
    String transfer(@RequireSession(maxAuthAge = "PT5M", minAssuranceLevel = 2) ActiveSession session) {
      return session.userId();
    }

    @GetMapping("/admin")
    String admin(@RequireSession(anyRole = "admin") ActiveSession session) {
      return session.userId();
    }

    @GetMapping("/reader")
    String reader(@RequireSession(anyRole = {"admin", "reader"}) ActiveSession session) {
      return session.userId();
    }

    @GetMapping("/greeting")
    String greeting(Optional<ActiveSession> session) {
      return session.map(ActiveSession::userId).orElse("stranger");
    }
  }

  @BeforeEach
  void start() {
    application =
        MockMvcBuilders.standaloneSetup(new Controller())
            .setCustomArgumentResolvers(new ActiveSessionArgumentResolver())
            .addFilters(new SessionAuthorityFilter(
                    new SessionFilter(client).publicPath("GET", "/").optionalPath("GET", "/greeting")))
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
  }

  private String signIn() {
    CreateRequest terms = CreateRequest.newBuilder().setUserId("ann").addRoles("reader").build();
    return "Bearer " + client.create(terms).token().reveal();
  }

  @Test
  void onlyPublicPathsNeedNoSession() throws Exception {
    application.perform(get("/")).andExpect(status().isOk());
    application.perform(get("/account")).andExpect(status().isUnauthorized());
    application.perform(get("/unknown")).andExpect(status().isUnauthorized());
  }

  @Test
  void aControllerGetsTheSession() throws Exception {
    application
        .perform(get("/account").header("Authorization", signIn()))
        .andExpect(status().isOk())
        .andExpect(content().string("Hello, ann"));
  }

  @Test
  void requirementsAreChecked() throws Exception {
    String bearer = signIn();
    application
        .perform(get("/transfer").header("Authorization", bearer))
        .andExpect(status().isForbidden())
        .andExpect(header().exists("WWW-Authenticate"));
    application.perform(get("/admin").header("Authorization", bearer)).andExpect(status().isForbidden());
    application.perform(get("/reader").header("Authorization", bearer)).andExpect(status().isOk());
  }

  @Test
  void anOptionalArgumentHasTheSessionIfThereIsOneButNeedsAVerdict() throws Exception {
    String bearer = signIn();
    application
        .perform(get("/greeting").header("Authorization", bearer))
        .andExpect(content().string("ann"));
    application.perform(get("/greeting")).andExpect(content().string("stranger"));
    authority.stop();
    application
        .perform(get("/greeting").header("Authorization", bearer))
        .andExpect(status().isServiceUnavailable());
  }

  @Test
  void withoutAVerdictTheResponseIs503() throws Exception {
    String bearer = signIn();
    authority.stop();
    application
        .perform(get("/account").header("Authorization", bearer))
        .andExpect(status().isServiceUnavailable())
        .andExpect(header().exists("Retry-After"));
  }
}
