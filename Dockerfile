# One server for a class:  docker build -t learn-meta-learning . && docker run -p 8501:8501 -v runs:/data learn-meta-learning
FROM python:3.11-slim
RUN useradd --create-home learner && mkdir --mode 700 /data && chown learner /data
WORKDIR /app
COPY requirements.lock .
# PyTorch's CPU build, then all else by the hashes of the lock file
RUN pip install --no-cache-dir --no-deps --extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0 && \
    pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
USER learner
ENV META_DATA_DIR=/data PYTHONDONTWRITEBYTECODE=1
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD python -c "import os, urllib.request as u; prefix = os.environ.get('STREAMLIT_SERVER_BASE_URL_PATH', '').strip('/'); \
  u.urlopen('http://127.0.0.1:8501/' + (prefix + '/' if prefix else '') + '_stcore/health', timeout=4)"
CMD ["streamlit", "run", "app.py", "--server.port=8501", "--server.address=0.0.0.0", "--server.headless=true"]
