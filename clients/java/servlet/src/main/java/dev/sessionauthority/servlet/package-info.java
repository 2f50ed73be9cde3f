/** Protection of servlet applications with sessions. */
package dev.sessionauthority.servlet;
