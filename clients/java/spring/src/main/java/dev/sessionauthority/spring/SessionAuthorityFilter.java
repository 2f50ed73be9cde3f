package dev.sessionauthority.spring;

import dev.sessionauthority.servlet.SessionFilter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.core.Ordered;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * A {@link SessionFilter} as a Spring bean. Spring Boot maps a bean of this type to every path. It comes before the filters of
 * the application.
 */
public class SessionAuthorityFilter extends OncePerRequestFilter implements Ordered {
  /** After the filters of Spring that prepare the request, such as that of the character encoding. */
  public static final int ORDER = -200;

  private final SessionFilter filter;

  /**
   * A filter with the public paths and options of another one.
   *
   * @param filter protects the requests
   */
  public SessionAuthorityFilter(SessionFilter filter) {
    this.filter = filter;
  }

  @Override
  public int getOrder() {
    return ORDER;
  }

  @Override
  protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    filter.doFilter(request, response, chain);
  }
}
