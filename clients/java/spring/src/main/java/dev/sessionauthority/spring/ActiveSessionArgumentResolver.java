package dev.sessionauthority.spring;

import dev.sessionauthority.client.ActiveSession;
import dev.sessionauthority.client.Requirements;
import dev.sessionauthority.servlet.SessionFilter;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;

/**
 * Gives controller methods the session of the request, as an argument of the type {@link ActiveSession} that is never null, or
 * of the type {@code Optional<ActiveSession>} on paths that are listed as optional. Add it by {@code
 * WebMvcConfigurer.addArgumentResolvers}. A request whose session does not meet the requirements of {@link RequireSession}
 * does not reach the method; the filter responds to it.
 */
public class ActiveSessionArgumentResolver implements HandlerMethodArgumentResolver {
  @Override
  public boolean supportsParameter(MethodParameter parameter) {
    return parameter.nestedIfOptional().getNestedParameterType() == ActiveSession.class;
  }

  @Override
  public Object resolveArgument(
      MethodParameter parameter,
      ModelAndViewContainer container,
      NativeWebRequest request,
      WebDataBinderFactory binderFactory) {
    HttpServletRequest http = request.getNativeRequest(HttpServletRequest.class);
    if (http == null) {
      throw new IllegalStateException("the session of a request that is not HTTP");
    }
    RequireSession annotation = parameter.getParameterAnnotation(RequireSession.class);
    Requirements required = annotation == null ? Requirements.NONE : requirements(annotation);
    return parameter.getParameterType() == Optional.class
        ? SessionFilter.optionalSession(http).map(signedIn -> SessionFilter.session(http, required))
        : SessionFilter.session(http, required);
  }

  private static Requirements requirements(RequireSession required) {
    Optional<Duration> age = Optional.of(required.maxAuthAge()).filter(text -> !text.isEmpty()).map(Duration::parse);
    return new Requirements(age, required.minAssuranceLevel(), required.strong(), Set.of(required.anyRole()));
  }
}
