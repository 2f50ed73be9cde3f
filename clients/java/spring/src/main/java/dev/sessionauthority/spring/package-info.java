/** Protection of Spring applications with sessions. */
package dev.sessionauthority.spring;
