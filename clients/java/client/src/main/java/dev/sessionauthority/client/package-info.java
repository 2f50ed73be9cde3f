/**
 * Client of the session authority, a gRPC service that keeps the sign-in sessions of your users.
 *
 * <p>{@link dev.sessionauthority.client.SessionAuthorityClient#validate} returns a session, never null, or throws one of
 *
 * <ul>
 *   <li>{@link dev.sessionauthority.client.RejectedException}: the token opens no session. Respond with 401.
 *   <li>{@link dev.sessionauthority.client.StepUpRequiredException}: the user must authenticate again, or more strongly.
 *   <li>{@link dev.sessionauthority.client.NoVerdictException}: it is unknown whether the user is signed in. Respond with
 *       503, and do not touch the cookie.
 * </ul>
 *
 * <p>Most services do not call it: the servlet filter, the Spring filter and the gRPC interceptor protect everything that
 * they wrap, and give handlers the session.
 */
package dev.sessionauthority.client;
