"""The least that Streamlit shows: one heading."""

import streamlit as st

st.title("Empty")
